import SeerProjection

/// Its layers, and what is computed of them.
extension ExploreState {
  package mutating func show(layer: Int) -> [Effect] {
    guard run.layers.indices.contains(layer) else { return [] }
    walk.play = nil
    walk.morph = nil
    self.layer = layer
    neighbours.failed = false
    let stopped = stopMap()
    if chart.maps[layer].map != nil { chart.shownLayer = layer }
    return stopped + request()
  }

  /// Asks for the current layer's map, or, once that is there, for the nearest missing one, so
  /// that the next key finds it ready. One at a time: what is asked for next depends on where the
  /// user is then.
  package mutating func request() -> [Effect] {
    guard !run.rows.isEmpty, chart.maps.indices.contains(layer) else { return [] }
    let wanted: Int
    let isUrgent = chart.maps[layer] == .missing
    if isUrgent {
      wanted = layer
    } else {
      let missing = chart.maps.indices.filter { chart.maps[$0] == .missing }
      guard !chart.maps.contains(.computing),
        let nearest = missing.min(by: { abs($0 - layer) < abs($1 - layer) })
      else { return [] }
      wanted = nearest
    }
    chart.maps[wanted] = .computing
    let ready = chart.maps.indices.filter { chart.maps[$0].map != nil }
    let reference = ready.min { abs($0 - wanted) < abs($1 - wanted) }
    return [.explore(.computeMap(index: wanted, reference: reference, isUrgent: isUrgent))]
  }

  package mutating func receive(index: Int, _ result: Result<LayerMap, Problem>) -> [Effect] {
    guard chart.maps.indices.contains(index) else { return [] }
    switch result {
    case .success(let map):
      // The axes were changed meanwhile: that map has been asked for afresh.
      guard map.axes == chart.axes else { return [] }
      chart.maps[index] = .ready(map)
    case .failure(let problem): chart.maps[index] = .failed(problem)
    }
    if index == layer && chart.maps[index].map != nil { chart.shownLayer = index }
    return request()
  }

  /// Begins the current layer's map, from a layout to go on from where there is one.
  package mutating func startMap(from layout: [SIMD2<Float>]? = nil) -> [Effect] {
    let concepts = rowConcepts
    guard let kind = growingKind,
      let start = growing.start(
        kind, layer: layer, from: layout, principal: chart.maps[layer].map?.points,
        concepts: concepts)
    else { return [] }
    return [.explore(.growMap(start))]
  }

  /// Gives up a map that is being made.
  package mutating func stopMap() -> [Effect] { growing.stop() ? [.explore(.stopMap)] : [] }

  /// Rows of the concept without a name have none.
  package var rowConcepts: RowConcepts {
    RowConcepts(
      names: run.concepts.map(\.name),
      ofRow: run.conceptOfRow.map { run.concepts[Int($0)].name.isEmpty ? nil : Int($0) })
  }

  /// Leaves the run: what is under way for it is asked for again when it is back.
  mutating func leave() -> [Effect] {
    let stopped = stopMap()
    walk.play = nil
    walk.morph = nil
    lists.open = nil
    multiples = nil
    selection.naming = nil
    export.asked = nil
    export.isRunning = false
    selection.selecting = nil
    look.dragFrom = nil
    chart.maps = chart.maps.map { if case .computing = $0 { .missing } else { $0 } }
    figures.separations = figures.separations.map {
      if case .computing = $0 { .missing } else { $0 }
    }
    neighbours.isFinding = false
    chart.isJudging = false
    selection.isComparing = false
    return stopped
  }
}
