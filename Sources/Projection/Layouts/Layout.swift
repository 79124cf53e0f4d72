import LinearAlgebra

/// A way to lay out the rows of a matrix on a map, and all that a command, a figure, a report or a
/// screen must know of it. One file each in this folder, one line each in ``Layouts/all``.
package protocol Layout: Sendable {
  /// As commands and recipes write it: lower case, no spaces. It never changes once published.
  var name: String { get }
  /// As maps, pictures and reports write it.
  var title: String { get }
  /// How many coordinates it can give.
  var components: ClosedRange<Int> { get }
  /// Whether coordinates are in the unit of the states, so that states twice as large have a map
  /// twice as large.
  var keepsUnit: Bool { get }
  /// Whether ``LayoutSettings/seed`` has a part in the result.
  var isSeeded: Bool { get }
  /// From how many rows on a map says anything.
  var leastRows: Int { get }
  /// How many concepts rows must speak of for a map of the layout's own choice: 0 where it does not
  /// look at ``LayoutSettings/concepts``.
  var leastConcepts: Int { get }
  /// What it reads of ``LayoutSettings``, seed and components apart.
  var options: [LayoutOption] { get }
  /// What it says of a map beyond the points.
  var figures: [LayoutFigure] { get }
  /// What a reader of any of its maps must be told: a sentence whose first words, up to a comma, say
  /// the most of it where there is little room; empty for nothing.
  var caution: String { get }

  /// Lays out all rows at once.
  ///
  /// - Parameters:
  ///   - matrix: (rows, width), any width.
  ///   - start: where points begin; nil for the layout's own choice. A layout that has one answer
  ///     does not look at it.
  ///   - checkpoint: called at most 20 ms of work apart; throws to cancel.
  ///   - progress: steps done and in all; never called by a layout without steps.
  /// - Throws: ``ProjectionError`` for a matrix without rows or columns, NaN and infinities, settings
  ///   out of range and starts of other shapes; what `checkpoint` throws.
  func map(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> LayoutResult
}

/// A layout that grows step by step, so that it can be watched, paused and gone on with.
package protocol IterativeLayout: Layout {
  /// Does what comes before the first step.
  ///
  /// - Parameters:
  ///   - start: `.layout` goes on from a finished map, without what only a beginning needs.
  ///   - progress: the share of this preparation that is done, 0...1.
  func begin(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (Double) -> Void
  ) throws -> any LayoutRun
}

/// A map that grows step by step; pausing is not stepping. Not for use by two threads at once.
package protocol GrowingMap: AnyObject {
  /// Steps taken, and in all.
  var iteration: Int { get }
  var iterations: Int { get }
  /// A copy of the points (rows, components) as they are, around the origin.
  var points: Matrix { get }
  /// What falls from step to step, in its own unit: what a curve of the work shows.
  func objective() -> Double
  /// Takes one step. Where `checkpoint` throws, the map is as it was before the step.
  func step(checkpoint: Checkpoint) throws
  /// Everything that the steps left depend on beside what the map was begun with.
  var moment: MapMoment { get }
  /// Goes on from a moment of a map that was begun with the same: it ends at the same bits.
  ///
  /// - Throws: ``ProjectionError`` for a moment of another map, which then stays as it is.
  func restore(_ moment: MapMoment) throws(ProjectionError)
}

/// A map that grows between two of its steps.
package struct MapMoment: Equatable, Sendable {
  /// Steps taken.
  package var iteration: Int
  /// Named numbers, in an order that is always the same.
  package var values: [Values]

  package struct Values: Equatable, Sendable {
    package let name: String
    package var numbers: [Float]

    package init(_ name: String, _ numbers: [Float]) {
      (self.name, self.numbers) = (name, numbers)
    }

    init(_ name: String, _ buffer: Buffer<Float>) {
      self.init(name, Array(UnsafeBufferPointer(start: buffer.elements, count: buffer.count)))
    }
  }

  package init(iteration: Int, values: [Values]) {
    (self.iteration, self.values) = (iteration, values)
  }

  /// Refuses a moment that another one, of the map as it is, does not resemble.
  func check(like own: MapMoment, iterations: Int) throws(ProjectionError) {
    let shape = values.map { "\($0.name) \($0.numbers.count)" }
    let wanted = own.values.map { "\($0.name) \($0.numbers.count)" }
    guard shape == wanted, 0...iterations ~= iteration else {
      throw .badOption(
        name: "moment of a map", found: "\(shape.joined(separator: ", ")), step \(iteration)",
        wanted: "\(wanted.joined(separator: ", ")), at most step \(iterations)")
    }
  }
}

/// A layout's map being made.
package protocol LayoutRun: GrowingMap {
  /// The map as it is, as a result.
  func result() -> LayoutResult
}

/// A finished map.
package struct LayoutResult: Sendable {
  /// (rows, components), in the order of the rows.
  package var points: Matrix
  /// One for each of the layout's ``Layout/figures``, in their order.
  package var figures: [LayoutFigure.Value]
  /// What the map was made with, where that had to differ from what was asked for.
  package var settings: LayoutSettings
  /// What the user should know, such as an option that had to be lowered: sentences.
  package var notes: [String]
  /// Places new rows, as wide as those of the map, without moving any of the map's.
  package var place: @Sendable (_ rows: Matrix, _ checkpoint: Checkpoint) throws -> Matrix
}

extension Layout {
  package var keepsUnit: Bool { false }
  package var leastConcepts: Int { 0 }

  /// ``map(_:_:start:checkpoint:progress:)`` with what is usual.
  package func map(
    _ matrix: Matrix, _ settings: LayoutSettings = LayoutSettings(), start: Initialization? = nil,
    checkpoint: Checkpoint = {}
  ) throws -> LayoutResult {
    try map(matrix, settings, start: start, checkpoint: checkpoint, progress: { _, _ in })
  }

  /// Whether its maps can be watched and paused: it is an ``IterativeLayout``.
  package var isIterative: Bool { self is any IterativeLayout }

  /// The options that captions tell of a map.
  package func captioned(_ settings: LayoutSettings) -> [LayoutOption] {
    options.filter {
      $0.isCaptioned || !$0.caution.isEmpty && settings[$0] != $0.standard
    }
  }

  /// What a reader of a map must be told: of its options, then of the layout; sentences.
  package func cautions(_ settings: LayoutSettings) -> [String] {
    optionCautions(settings) + (caution.isEmpty ? [] : [caution])
  }

  /// What a reader must be told of a map since its options are not the standard ones; sentences.
  package func optionCautions(_ settings: LayoutSettings) -> [String] {
    options.filter { settings[$0] != $0.standard && !$0.caution.isEmpty }.map(\.caution)
  }

  /// Throws where settings are out of the range of what this layout reads.
  package func check(_ settings: LayoutSettings) throws(ProjectionError) {
    guard components.contains(settings.components) else {
      throw .badOption(
        name: "components", found: "\(settings.components)", wanted: rangeOfComponents)
    }
    for option in options { try option.check(settings[option]) }
  }

  /// ``components`` in words, such as "2 with t-SNE".
  package var rangeOfComponents: String {
    if components.count == 1 { return "\(components.lowerBound) with \(title)" }
    return components.upperBound == .max
      ? "\(components.lowerBound) or more"
      : "\(components.lowerBound) to \(components.upperBound) with \(title)"
  }

  /// The map of other states of the same rows, laid over the map that there is of them: begun from
  /// its arrangement and turned onto it, so that what differs is the states and not the view.
  package func map(
    _ matrix: Matrix, _ settings: LayoutSettings = LayoutSettings(), following reference: Matrix,
    checkpoint: Checkpoint = {}
  ) throws -> LayoutResult {
    var result = try map(
      matrix, settings, start: .arrangement(reference), checkpoint: checkpoint)
    result.points = align(result.points, to: reference)
    return result
  }
}

extension IterativeLayout {
  package func map(
    _ matrix: Matrix, _ settings: LayoutSettings, start: Initialization?, checkpoint: Checkpoint,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> LayoutResult {
    let run = try begin(
      matrix, settings, start: start, checkpoint: checkpoint, progress: { _ in })
    try run.finish(checkpoint: checkpoint, progress: progress)
    return run.result()
  }
}

extension GrowingMap {
  /// Takes the steps that are left.
  ///
  /// - Parameters:
  ///   - every: steps between two calls of the observer; 0 never calls it.
  ///   - observer: looks at the map so far and says whether to go on.
  package func finish(
    every: Int = 50, checkpoint: Checkpoint = {},
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    observer: () -> Bool = { true }
  ) throws {
    while iteration < iterations {
      try checkpoint()
      try step(checkpoint: checkpoint)
      progress(iteration, iterations)
      if every > 0, iteration % every == 0, !observer() { break }
    }
  }
}
