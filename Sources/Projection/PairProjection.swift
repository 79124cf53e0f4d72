import LinearAlgebra

/// Two runs over the same rows in maps that can be put side by side: what the Compare screen, the
/// figure of `compare` and reports draw.
///
///     let pair = try PairProjection(base: states, tuned: others)   // along principal components
///     pair.base[0, 1]      // the first row's place along the second axis, in the base run
package struct PairProjection: Sendable {
  /// (rows, 2): places along the axes; zeros where there are fewer of them, and of no rows.
  package let base: Matrix
  package let tuned: Matrix
  /// The share of the variance that each axis holds: of both runs' states together where the
  /// projection is joint, else of the base's; none where the layout does not say.
  package let explained: [Float]
  /// What the maps were made with.
  package let settings: LayoutSettings
  /// Whether one projection made both; else each has its own, the second turned onto the first.
  package let isJoint: Bool

  /// Projects the states of the same rows, prepared as ``JointMap/prepared(_:)`` says.
  ///
  /// - Parameters:
  ///   - base, tuned: (rows, width); where the widths differ there is no joint projection.
  ///   - settings: its concepts are those of the rows of either.
  ///   - isAligned: whether each run has a projection of its own although widths are the same, the
  ///     second following the first.
  /// - Throws: ``ProjectionError``, and what `checkpoint` throws to cancel.
  package init(
    base: Matrix, tuned: Matrix, by layout: any Layout = Layouts.standard,
    _ settings: LayoutSettings = LayoutSettings(), isAligned: Bool = false,
    checkpoint: () throws -> Void = {}
  ) throws {
    let (first, second) = (try JointMap.prepared(base), try JointMap.prepared(tuned))
    try checkpoint()
    isJoint = !isAligned && base.columns == tuned.columns
    guard min(base.rows, tuned.rows) > 0, min(base.columns, tuned.columns) > 0 else {
      (self.base, self.tuned) = (
        Matrix(rows: base.rows, columns: 2), Matrix(rows: tuned.rows, columns: 2)
      )
      (explained, self.settings) = ([], settings)
      return
    }
    let all = isJoint ? try JointMap.stack([first, second]) : first
    var own = settings
    if isJoint { own.concepts = settings.concepts?.repeated(2) }
    let found = try layout.map(all, own, checkpoint: checkpoint)
    if isJoint {
      let parts = JointMap.split(found.points, rows: [base.rows, tuned.rows])
      (self.base, self.tuned) = (parts[0], parts[1])
    } else {
      try checkpoint()
      self.base = found.points
      self.tuned =
        try layout.map(second, settings, following: found.points, checkpoint: checkpoint).points
    }
    // Axes that rows do not span hold nothing and are none.
    let axes = min(all.rows, all.columns)
    explained = found.figures.flatMap { figure -> [Float] in
      if case .shares(let values) = figure { Array(values.prefix(axes)) } else { [] }
    }
    self.settings = found.settings
  }
}
