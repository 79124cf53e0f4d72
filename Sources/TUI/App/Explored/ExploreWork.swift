import Foundation
import SeerAnalysis
import SeerProjection
import SeerSupport

/// The jobs on the run that is explored that can be ended.
final class ExploreJobs: ScreenJobs {
  var growing: JobID?
}

/// What is computed of the run that is explored.
extension Session {
  func run(_ effect: ExploreEffect) {
    switch effect {
    case .computeMap(let index, let reference, let isUrgent):
      computeMap(index, reference: reference, isUrgent: isUrgent)
    case .growMap(let start): growMap(start)
    case .pauseMap(let isPaused):
      if let job = jobs(ExploreJobs.self).growing {
        isPaused ? engine.pause(job) : engine.resume(job)
      }
    case .stopMap:
      if let job = jobs(ExploreJobs.self).growing { engine.cancel(job) }
      jobs(ExploreJobs.self).growing = nil
    case .judge(let key): judge(key)
    case .measureSeparation(let index): measureSeparation(index)
    case .findNearest(let row, let index, let metric): findNearest(row, index, metric)
    case .compareGroups(let pair): compareGroups(pair)
    }
  }

  private func computeMap(_ index: Int, reference: Int?, isUrgent: Bool) {
    let layer = state.explore.run.layers[index]
    let points = reference.flatMap { state.explore.chart.maps[$0].map?.points }
    let axes = state.explore.chart.axes
    let conceptOfRow = state.explore.run.conceptOfRow
    let concepts = state.explore.run.concepts.count
    let lacksExperts = state.explore.experts[index] == nil
    engine.submit(
      "map of layer \(layer)", priority: isUrgent ? .typing : .map,
      onEvent: { [poster] (event: JobEvent<LayerMap>) in
        guard case .finished(let result) = event else { return }
        poster(.explore(.map(index: index, result.mapError { Problem($0) })))
      },
      body: { [source, poster] context in
        if lacksExperts, let routing = try source.routing(layer) {
          poster(.explore(.experts(index: index, RowExperts(routing))))
        }
        let states = try source.states(layer)
        guard states.rows == source.rows.count else {
          throw Problem(
            "The layer has \(states.rows) rows, the run has \(source.rows.count): "
              + "extract the run again.")
        }
        try context.checkpoint()
        do {
          return try LayerMap.make(
            states, axes: axes, conceptOfRow: conceptOfRow, concepts: concepts, reference: points,
            checkpoint: context.checkpoint)
        } catch ProjectionError.notFinite(let row, _, _) {
          throw Problem("The state of row \(row) is not finite: extract the run again.")
        }
      })
  }

  private func measureSeparation(_ index: Int) {
    let layer = state.explore.run.layers[index]
    let labelled = labelled
    engine.submit(
      "separation at layer \(layer)", priority: .map,
      onEvent: { [poster] (event: JobEvent<LayerSeparation>) in
        guard case .finished(let result) = event else { return }
        poster(.explore(.separation(index: index, result.mapError { Problem($0) })))
      },
      body: { [source] context in
        try LayerSeparation.measure(
          source.states(layer), labelled, layer: layer, name: source.name, context: context)
      })
  }

  private func growMap(_ start: LayoutStart) {
    let layer = state.explore.run.layers[start.layer]
    jobs(ExploreJobs.self).growing =
      engine.submit(
        "\(start.kind.title) of layer \(layer)", priority: .map,
        onEvent: { [poster] (event: JobEvent<Embedding>) in
          guard case .finished(let result) = event else { return }
          poster(.explore(.embedding(run: start.run, result.mapError { Problem($0) })))
        },
        body: { [source, poster] context in
          try Embedding.make(source.states(layer), start, context: context) {
            poster(.explore(.embedding(run: start.run, .success($0))))
          }
        }
      ).id
  }

  private func judge(_ key: QualityKey) {
    let layer = state.explore.run.layers[key.layer]
    let embedding = key.method.growing.flatMap {
      state.explore.growing[GrowingKind($0), key.layer]
    }
    let keepsDensity = embedding?.keepsDensity ?? false
    let points =
      key.method.growing.map { _ in embedding?.points }
      ?? state.explore.chart.maps[key.layer].map?.points
    engine.submit(
      "trust in the map of layer \(layer)", priority: .map,
      onEvent: { [poster] (event: JobEvent<MapTrust>) in
        guard case .finished(let result) = event else { return }
        poster(.explore(.judged(key, try? result.get())))
      },
      body: { [source] context in
        try MapTrust.measure(
          points ?? [], of: source.states(layer), keepsDensity: keepsDensity, context: context)
      })
  }

  private func findNearest(_ row: Int, _ index: Int, _ metric: NeighbourMetric) {
    let layer = state.explore.run.layers[index]
    let norms = state.explore.chart.maps[index].map?.norms ?? []
    engine.submit(
      "rows nearest to row \(row)", priority: .typing,
      onEvent: { [poster] (event: JobEvent<NearestRows>) in
        guard case .finished(let result) = event else { return }
        poster(.explore(.nearest(result.mapError { Problem($0) })))
      },
      body: { [source] _ in
        guard norms.count == source.rows.count else {
          throw Problem("The layer has \(source.rows.count) rows, its map \(norms.count).")
        }
        let found = try source.stored(layer: layer, norms: norms)
          .nearest(to: row, by: metric, count: 10)
        return NearestRows(
          row: row, layer: index, metric: metric, rows: found.map(\.row),
          values: found.map(\.value))
      })
  }

  private func compareGroups(_ pair: GroupPair) {
    let layer = state.explore.run.layers[pair.layer]
    engine.submit(
      "two groups at layer \(layer)", priority: .typing,
      onEvent: { [poster] (event: JobEvent<GroupComparison>) in
        guard case .finished(let result) = event else { return }
        poster(.explore(.groupsCompared(pair, try? result.get())))
      },
      body: { [source] _ in
        GroupComparison(pair.first, pair.second, of: try source.states(layer))
      })
  }
}
