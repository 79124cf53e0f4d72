/// What prototypes and cosines say of a layer: the figures that take so little time that every layer
/// of a run can have them. ``SeparationMeasurement`` begins with it.
///
///     let found = try CosineSeparation(labelled.sample(states, layer: 24, name: "run"))
///     found.figures[.silhouette].value
///     found.heldOut.nearest[0]     // the concept that the first row was taken for
package struct CosineSeparation: Sendable {
  /// Nearest prototype, silhouette and both angles; no nulls, no intervals.
  package private(set) var figures = SeparationFigures()
  /// What prototypes say of rows that were held out of them: the sample's own rows.
  package private(set) var heldOut: HeldOutPrototypes
  /// All rows that teach or are judged, and what was found of them.
  package let rows: HeldOutRows
  package let judged: HeldOutPrototypes
  /// Of the sample's rows, and of all that teach or are judged.
  package let units: CentredUnits
  let allUnits: CentredUnits

  /// The states must be finite. O(rows x width x concepts) for each fold.
  ///
  /// - Parameter checkpoint: called every few milliseconds; throws to cancel.
  package init(_ sample: LayerSample, checkpoint: () throws -> Void = {}) throws {
    try self.init(sample, trainMargins: false, checkpoint: checkpoint)
  }

  /// - Parameter trainMargins: whether ``judged`` looks at training rows, too.
  package init(_ sample: LayerSample, trainMargins: Bool, checkpoint: () throws -> Void) throws {
    rows = HeldOutRows(sample)
    units = CentredUnits(sample.states)
    allUnits = sample.training == nil ? units : CentredUnits(rows.states)
    try checkpoint()
    judged = try HeldOutPrototypes.measure(
      allUnits, labelings: [rows.labels], concepts: sample.concepts, folds: rows.folds,
      trainMargins: trainMargins, checkpoint: checkpoint)[0]
    heldOut = judged
    let first = rows.states.rows - sample.states.rows
    heldOut.nearest.removeFirst(first)
    heldOut.cosineMargins.removeFirst(first)
    heldOut.ownCosines.removeFirst(first)
    heldOut.rivals.removeFirst(first)
    try checkpoint()
    let cosines = CosineGeometry.measure(
      units, labelings: [sample.labels], concepts: sample.concepts)[0]
    figures[.nearestPrototype] = SeparationFigure(value: judged.accuracy(rows.labels))
    figures[.silhouette] = SeparationFigure(value: cosines.silhouette)
    figures[.angleBetween] = SeparationFigure(value: cosines.angleBetween)
    figures[.angleWithin] = SeparationFigure(value: cosines.angleWithin)
    try checkpoint()
  }
}
