import Foundation
import SeerAnalysis
import SeerSupport

/// What the Explore screen has computed.
extension Session {
  package func computeMap(_ index: Int, reference: Int?, isUrgent: Bool) {
    let layer = state.explore.layers[index]
    let points = reference.flatMap { state.explore.maps[$0].map?.points }
    let axes = state.explore.axes
    let conceptOfRow = state.explore.conceptOfRow
    let concepts = state.explore.concepts.count
    engine.submit(
      "map of layer \(layer)", priority: isUrgent ? .typing : .map,
      onEvent: { [poster] (event: JobEvent<LayerMap>) in
        guard case .finished(let result) = event else { return }
        poster(.map(index: index, result.mapError { Problem($0) }))
      },
      body: { [source] context in
        let states = try source.states(layer)
        guard states.rows == source.rows.count else {
          throw Problem(
            "The layer has \(states.rows) rows, the run has \(source.rows.count): "
              + "extract the run again.")
        }
        try context.checkpoint()
        return try LayerMap.make(
          states, axes: axes, conceptOfRow: conceptOfRow, concepts: concepts, reference: points,
          context: context)
      })
  }

  func measureSeparation(_ index: Int) {
    let layer = state.explore.layers[index]
    let labels = state.explore.conceptOfRow.map { Int($0) }
    let concepts = state.explore.concepts.count
    let folds = folds
    engine.submit(
      "separation at layer \(layer)", priority: .map,
      onEvent: { [poster] (event: JobEvent<LayerSeparation>) in
        guard case .finished(let result) = event else { return }
        poster(.separation(index: index, result.mapError { Problem($0) }))
      },
      body: { [source] context in
        try LayerSeparation.measure(
          source.states(layer), labels: labels, concepts: concepts, folds: folds, context: context)
      })
  }

  package func startTSNE(_ index: Int, _ number: Int, _ start: TSNEStart) {
    let layer = state.explore.layers[index]
    tsneJob =
      engine.submit(
        "t-SNE of layer \(layer)", priority: .map,
        onEvent: { [poster] (event: JobEvent<Embedding>) in
          guard case .finished(let result) = event else { return }
          poster(.embedding(run: number, result.mapError { Problem($0) }))
        },
        body: { [source, poster] context in
          try Embedding.make(source.states(layer), layer: index, start: start, context: context) {
            poster(.embedding(run: number, .success($0)))
          }
        }
      ).id
  }

  package func judge(_ key: QualityKey) {
    let layer = state.explore.layers[key.layer]
    let points =
      key.method == .tsne
      ? state.explore.embeddings[key.layer]?.points
      : state.explore.maps[key.layer].map?.points
    engine.submit(
      "trust in the map of layer \(layer)", priority: .map,
      onEvent: { [poster] (event: JobEvent<MapTrust>) in
        guard case .finished(let result) = event else { return }
        poster(.judged(key, try? result.get()))
      },
      body: { [source] context in
        try MapTrust.measure(points ?? [], of: source.states(layer), context: context)
      })
  }

  package func findNearest(_ row: Int, _ index: Int, _ metric: NearestRows.Metric) {
    let layer = state.explore.layers[index]
    let norms = state.explore.maps[index].map?.norms ?? []
    engine.submit(
      "rows nearest to row \(row)", priority: .typing,
      onEvent: { [poster] (event: JobEvent<NearestRows>) in
        guard case .finished(let result) = event else { return }
        poster(.nearest(result.mapError { Problem($0) }))
      },
      body: { [source] _ in
        let states = LayerRows(source, layer: layer, norms: norms)
        return try NearestRows.find(row, layer: index, in: states, metric, count: 10)
      })
  }

  package func compareGroups(_ pair: GroupPair) {
    let layer = state.explore.layers[pair.layer]
    engine.submit(
      "two groups at layer \(layer)", priority: .typing,
      onEvent: { [poster] (event: JobEvent<GroupComparison>) in
        guard case .finished(let result) = event else { return }
        poster(.groupsCompared(pair, try? result.get()))
      },
      body: { [source] _ in
        let units = unitNormalised(try source.states(layer))
        return GroupComparison(pair.first, pair.second, units: units)
      })
  }

  /// Keeps the view for the next time; a failure is told once the user acts again.
  func keepView() {
    guard let views, !source.folder.isEmpty else { return }
    do throws(Failure) {
      try views.write(state.explore.savedView, of: source.folder)
    } catch {
      handle(.saved("", Problem(error)))
    }
  }

  /// Saves a text beside what is there already, never over it.
  package func saveText(_ name: String, _ text: String) -> Event {
    var path = name
    var number = 1
    while FileManager.default.fileExists(atPath: path), number < 1000 {
      number += 1
      let dot = name.lastIndex(of: ".") ?? name.endIndex
      path = name[..<dot] + "-\(number)" + name[dot...]
    }
    do throws(Failure) {
      try OutputFile.write(text, to: path)
      return .saved(path, nil)
    } catch {
      return .saved(path, Problem(error))
    }
  }
}
