import SeerAnalysis
import SeerApp
import SeerRuns
import SeerStudies
import SeerSupport

/// Everything that is measured of one layer of two runs, as `seer compare` measures it.
package struct PairFigures: Equatable, Sendable {
  package var base: SeparationFigures
  package var tuned: SeparationFigures
  /// Linear CKA between the two.
  package var cka: Double?
  /// The mean share of each row's nearest rows that stayed.
  package var neighboursKept: Double?
  /// The rows that moved most, the furthest first.
  package var moved: [Moved] = []
  /// Whether the figures of permuted labels were measured, too.
  package var hasNulls = false

  package init(
    base: SeparationFigures, tuned: SeparationFigures, cka: Double? = nil,
    neighboursKept: Double? = nil, moved: [Moved] = [], hasNulls: Bool = false
  ) {
    self.base = base
    self.tuned = tuned
    self.cka = cka
    self.neighboursKept = neighboursKept
    self.moved = moved
    self.hasNulls = hasNulls
  }

  package struct Moved: Equatable, Sendable {
    /// Index among the run's rows.
    package var row: Int
    /// 1 - cosine between its two states; nil where the widths differ.
    package var distance: Double?
    /// Of its nearest rows before.
    package var stayed: Int
    package var neighbours: Int

    package init(row: Int, distance: Double? = nil, stayed: Int, neighbours: Int) {
      self.row = row
      self.distance = distance
      self.stayed = stayed
      self.neighbours = neighbours
    }
  }

  /// Rows that are listed.
  package static let movedCount = 50
  /// Above so many rows the figures are measured only when asked for: distances between all of
  /// them take long.
  package static let mostRows = 5000

  package static func measure(
    base: RunSource, tuned: RunSource, layer: Int, withNulls: Bool, context: JobContext,
    progress: (Double) -> Void
  ) throws -> PairFigures {
    let rows = LabelledRows(base.rows, twin: tuned.rows)
    let samples = (
      base: try rows.sample(try base.states(layer), layer: layer, name: base.name),
      tuned: try rows.sample(try tuned.states(layer), layer: layer, name: tuned.name)
    )
    guard !rows.rows.isEmpty else {
      return PairFigures(base: SeparationFigures(), tuned: SeparationFigures(), hasNulls: true)
    }
    let found = try LayerComparison.measure(
      layer: layer, base: samples.base, tuned: samples.tuned, options: SeparationOptions(),
      withNulls: withNulls, checkpoint: context.checkpoint, progress: progress)
    let moved = try MovedRow.all(
      from: samples.base.states, to: samples.tuned.states, checkpoint: context.checkpoint)
    return PairFigures(
      base: found.base, tuned: found.tuned, cka: found.cka,
      neighboursKept: found.neighboursKept,
      moved: moved.prefix(movedCount).map {
        Moved(
          row: rows.rows[$0.place], distance: $0.cosineDistance,
          stayed: $0.neighbours.stayed.count,
          neighbours: $0.neighbours.stayed.count + $0.neighbours.left.count)
      }, hasNulls: withNulls)
  }
}

/// A measurement of one layer under way.
package struct Measuring: Equatable, Sendable {
  /// Tells it from those given up.
  package var number: Int
  /// Index of the layer among the first run's.
  package var layer: Int
  package var withNulls: Bool
  /// 0...1 of this layer.
  package var share = 0.0
}

extension CompareScreen {
  /// The next measurement: figures of all layers first, the current one's before the others',
  /// then the nulls in the same order. One of nulls elsewhere gives way to the current layer's.
  package static func measure(_ state: inout AppState, _ compare: inout CompareState) -> [Effect] {
    guard compare.isMeasuringWanted, state.explore.run.concepts.count > 1 else { return [] }
    let layer = state.explore.layer
    var effects: [Effect] = []
    if let now = compare.measuring {
      guard now.withNulls, now.layer != layer, compare.figures[layer]?.hasNulls == false else {
        return []
      }
      compare.measuring = nil
      effects.append(.compare(.stopFigures))
    }
    let byDistance = state.explore.run.layers.indices.filter {
      compare.tunedLayers.contains(state.explore.run.layers[$0])
        && !compare.unmeasurable.contains($0)
    }.sorted { (abs($0 - layer), $0) < (abs($1 - layer), $1) }
    let figures = byDistance.first { compare.figures[$0] == nil }
    let nulls = byDistance.first { compare.figures[$0]?.hasNulls == false }
    guard let next = figures ?? nulls else { return effects }
    compare.lastMeasuring += 1
    let measuring = Measuring(
      number: compare.lastMeasuring, layer: next, withNulls: figures == nil)
    compare.measuring = measuring
    return effects + [.compare(.measureFigures(measuring))]
  }

  /// Stops measuring, or goes on with it.
  static func toggleMeasuring(_ state: inout AppState) -> [Effect] {
    guard var compare = state.compare else { return [] }
    defer { state.compare = compare }
    compare.isMeasuringWanted.toggle()
    guard !compare.isMeasuringWanted else {
      state.message = AppState.Message(text: "The figures are measured.", isError: false)
      return []
    }
    state.message = AppState.Message(
      text: "No more figures are measured; the same key goes on.", isError: false)
    guard compare.measuring != nil else { return [] }
    compare.measuring = nil
    return [.compare(.stopFigures)]
  }

  package static func receive(
    _ compare: inout CompareState, number: Int, _ result: Result<PairFigures, Problem>
  ) {
    guard let now = compare.measuring, now.number == number else { return }
    compare.measuring = nil
    switch result {
    case .success(let figures): compare.figures[now.layer] = figures
    case .failure: compare.unmeasurable.insert(now.layer)
    }
  }

  /// Goes to a row that moved most: the first one, or the next from the cursor.
  static func goToMoved(by step: Int, _ state: inout AppState) -> [Effect] {
    let moved = state.compare?.figures[state.explore.layer]?.moved ?? []
    guard !moved.isEmpty else { return [] }
    let now = moved.firstIndex { $0.row == state.explore.cursor }
    let next = now.map { ($0 + step + moved.count) % moved.count } ?? 0
    state.explore.move(to: moved[next].row)
    return []
  }
}

extension CompareState {
  /// How much of all nulls is there, 0...1; nil where nothing is being measured.
  package var measuredShare: Double? {
    guard let measuring else { return nil }
    let all = Double(max(1, tunedLayers.count))
    let done =
      measuring.withNulls ? figures.values.count(where: \.hasNulls) : figures.count
    return min(1, (Double(done) + measuring.share) / all)
  }
}
