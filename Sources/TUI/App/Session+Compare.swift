import Core
import LinearAlgebra

/// What the Compare screen has computed.
extension Session {
  func run(_ effect: CompareEffect) {
    guard let tuned else { return }
    switch effect {
    case .computeMap(let index, let reference, let isUrgent):
      let layer = state.explore.layers[index]
      let map = reference.flatMap { state.compare?.maps[$0]?.map }
      engine.submit(
        "maps of layer \(layer)", priority: isUrgent ? .typing : .map,
        onEvent: { [mailbox] (event: JobEvent<PairMap>) in
          guard case .finished(let result) = event else { return }
          mailbox.post(.compare(.map(index: index, result.mapError { Problem($0) })))
        },
        body: { [source] context in
          let base = try source.states(layer)
          try context.checkpoint()
          return try PairMap.principal(
            base: base, tuned: tuned.states(layer), reference: map, context: context)
        })
    case .measureSeparation(let index):
      let layer = state.explore.layers[index]
      let labels = state.explore.conceptOfRow.map { Int($0) }
      let concepts = state.explore.concepts.count
      let folds = folds
      engine.submit(
        "separation at layer \(layer), second run", priority: .map,
        onEvent: { [mailbox] (event: JobEvent<LayerSeparation>) in
          guard case .finished(let result) = event else { return }
          mailbox.post(.compare(.separation(index: index, result.mapError { Problem($0) })))
        },
        body: { context in
          try LayerSeparation.measure(
            tuned.states(layer), labels: labels, concepts: concepts, folds: folds,
            context: context)
        })
    }
  }
}
