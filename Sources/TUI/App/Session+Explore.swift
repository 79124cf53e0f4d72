import Core
import LinearAlgebra
import Synchronization

/// What the Explore screen has computed.
extension Session {
  func computeMap(_ index: Int, reference: Int?, isUrgent: Bool) {
    let layer = state.explore.layers[index]
    let points = reference.flatMap { state.explore.maps[$0].map?.points }
    engine.submit(
      "map of layer \(layer)", priority: isUrgent ? .typing : .map,
      onEvent: { [outbox] (event: JobEvent<LayerMap>) in
        guard case .finished(let result) = event else { return }
        outbox.post(.map(index: index, result.mapError { Problem($0) }))
      },
      body: { [source] context in
        let states = try source.states(layer)
        guard states.rows == source.rows.count else {
          throw Problem(
            "The layer has \(states.rows) rows, the run has \(source.rows.count): "
              + "extract the run again.")
        }
        try context.checkpoint()
        return try LayerMap.principal(states, reference: points, context: context)
      })
  }

  func measureSeparation(_ index: Int) {
    let layer = state.explore.layers[index]
    let labels = state.explore.conceptOfRow.map { Int($0) }
    let concepts = state.explore.concepts.count
    let folds = folds
    engine.submit(
      "separation at layer \(layer)", priority: .map,
      onEvent: { [outbox] (event: JobEvent<LayerSeparation>) in
        guard case .finished(let result) = event else { return }
        outbox.post(.separation(index: index, result.mapError { Problem($0) }))
      },
      body: { [source] context in
        try LayerSeparation.measure(
          source.states(layer), labels: labels, concepts: concepts, folds: folds, context: context)
      })
  }

  func startTSNE(_ index: Int, _ number: Int, _ start: TSNEStart) {
    let layer = state.explore.layers[index]
    tsneJob =
      engine.submit(
        "t-SNE of layer \(layer)", priority: .map,
        onEvent: { [outbox] (event: JobEvent<Embedding>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.embedding(run: number, result.mapError { Problem($0) }))
        },
        body: { [source, outbox] context in
          try Embedding.make(source.states(layer), layer: index, start: start, context: context) {
            outbox.post(.embedding(run: number, .success($0)))
          }
        }
      ).id
  }

  func judge(_ key: QualityKey) {
    let layer = state.explore.layers[key.layer]
    let points =
      key.method == .tsne
      ? state.explore.embeddings[key.layer]?.points
      : state.explore.maps[key.layer].map?.points
    engine.submit(
      "trust in the map of layer \(layer)", priority: .map,
      onEvent: { [outbox] (event: JobEvent<MapTrust>) in
        guard case .finished(let result) = event else { return }
        outbox.post(.judged(key, try? result.get()))
      },
      body: { [source] context in
        try MapTrust.measure(points ?? [], of: source.states(layer), context: context)
      })
  }

  func findNearest(_ row: Int, _ index: Int) {
    let layer = state.explore.layers[index]
    engine.submit(
      "rows nearest to row \(row)", priority: .typing,
      onEvent: { [outbox] (event: JobEvent<NearestRows>) in
        guard case .finished(let result) = event else { return }
        outbox.post(.nearest(result.mapError { Problem($0) }))
      },
      body: { [source, units] context in
        let matrix = try units.matrix(of: layer) { unitNormalised(try source.states(layer)) }
        return NearestRows.find(row, layer: index, units: matrix, count: 10)
      })
  }
}

/// The unit states of the layer used last: the cursor asks about the same one again and again.
final class LastLayer: Sendable {
  private let kept = Mutex<(layer: Int, matrix: Matrix)?>(nil)

  func matrix(of layer: Int, _ make: () throws -> Matrix) rethrows -> Matrix {
    if let kept = kept.withLock({ $0 }), kept.layer == layer { return kept.matrix }
    let matrix = try make()
    kept.withLock { $0 = (layer, matrix) }
    return matrix
  }
}
