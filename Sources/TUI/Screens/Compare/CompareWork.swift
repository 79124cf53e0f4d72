import LinearAlgebra
import SeerProjection
import SeerSupport

/// The jobs of the Compare screen that can be ended.
final class CompareJobs: ScreenJobs {
  var growing: JobID?
  var figures: JobID?
}

/// What the Compare screen has computed.
extension Session {
  package func run(_ effect: CompareEffect) {
    guard let tuned else { return }
    switch effect {
    case .computeMap(let index, let reference, let isUrgent):
      let layer = state.explore.run.layers[index]
      let map = reference.flatMap { state.compare?.maps[$0]?.map }
      engine.submit(
        "maps of layer \(layer)", priority: isUrgent ? .typing : .map,
        onEvent: { [outbox] (event: JobEvent<PairMap>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.compare(.map(index: index, result.mapError { Problem($0) })))
        },
        body: { [source = workspace.run] context in
          let base = try source.states(layer)
          try context.checkpoint()
          return try PairMap.make(
            base: base, tuned: tuned.states(layer), reference: map,
            checkpoint: context.checkpoint)
        })
    case .measureSeparation(let index):
      let layer = state.explore.run.layers[index]
      let labelled = labelled
      engine.submit(
        "separation at layer \(layer), second run", priority: .map,
        onEvent: { [outbox] (event: JobEvent<LayerSeparation>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.compare(.separation(index: index, result.mapError { Problem($0) })))
        },
        body: { context in
          try LayerSeparation.measure(
            tuned.states(layer), labelled, layer: layer, name: tuned.name, context: context)
        })
    case .measureFigures(let measuring): measureFigures(measuring, tuned)
    case .stopFigures:
      if let job = jobs(CompareJobs.self).figures { engine.cancel(job) }
      jobs(CompareJobs.self).figures = nil
    case .growMap(let start):
      let layer = state.explore.run.layers[start.layer]
      jobs(CompareJobs.self).growing =
        engine.submit(
          "\(start.kind.title) of layer \(layer), both runs", priority: .map,
          onEvent: { [outbox] (event: JobEvent<Embedding>) in
            guard case .finished(let result) = event else { return }
            outbox.post(.compare(.embedding(run: start.run, result.mapError { Problem($0) })))
          },
          body: { [source = workspace.run, outbox] context in
            try Embedding.makePair(
              base: source.states(layer), tuned: tuned.states(layer), start, context: context
            ) { outbox.post(.compare(.embedding(run: start.run, .success($0)))) }
          }
        ).id
    case .pauseMap(let isPaused):
      if let job = jobs(CompareJobs.self).growing {
        isPaused ? engine.pause(job) : engine.resume(job)
      }
    case .stopMap:
      if let job = jobs(CompareJobs.self).growing { engine.cancel(job) }
      jobs(CompareJobs.self).growing = nil
    case .judge(let embedding):
      let layer = state.explore.run.layers[embedding.layer]
      let points = embedding.points
      engine.submit(
        "trust in the maps of layer \(layer)", priority: .map,
        onEvent: { [outbox] (event: JobEvent<MapTrust>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.compare(.judged(run: embedding.run, try? result.get())))
        },
        body: { [source = workspace.run] context in
          let base = try source.states(layer)
          let other = try tuned.states(layer)
          let keepsDensity = embedding.keepsDensity
          if embedding.kind.form == .joint && base.columns == other.columns {
            return try MapTrust.measure(
              points, of: JointMap.stacked(base, other), keepsDensity: keepsDensity,
              context: context)
          }
          // Each map by its own states; what is said is said of both.
          let first = try MapTrust.measure(
            Array(points.prefix(base.rows)), of: JointMap.prepared(base),
            keepsDensity: keepsDensity, context: context)
          let second = try MapTrust.measure(
            Array(points.suffix(other.rows)), of: JointMap.prepared(other),
            keepsDensity: keepsDensity, context: context)
          return first.lower(second)
        })
    }
  }

  private func measureFigures(_ measuring: Measuring, _ tuned: RunSource) {
    let layer = state.explore.run.layers[measuring.layer]
    let number = measuring.number
    jobs(CompareJobs.self).figures =
      engine.submit(
        "figures of layer \(layer)", priority: measuring.withNulls ? .figures : .map,
        onEvent: { [outbox] (event: JobEvent<PairFigures>) in
          guard case .finished(let result) = event else { return }
          outbox.post(.compare(.figures(number: number, result.mapError { Problem($0) })))
        },
        body: { [source = workspace.run, outbox] context in
          try PairFigures.measure(
            base: source, tuned: tuned, layer: layer, withNulls: measuring.withNulls,
            context: context
          ) { outbox.post(.compare(.measuring(number: number, $0))) }
        }
      ).id
  }
}

extension PairMap {
  /// ``principal(base:tuned:reference:checkpoint:)`` in the screen's words for what is wrong.
  package static func make(
    base: Matrix, tuned: Matrix, reference: PairMap?, checkpoint: () throws -> Void = {}
  ) throws -> PairMap {
    for (name, states) in [("base", base), ("tuned", tuned)] {
      do {
        try checkFinite(states)
      } catch .notFinite(let row, _, _) {
        throw Problem("The \(name) state of row \(row) is not finite: extract the run again.")
      }
    }
    return try principal(base: base, tuned: tuned, reference: reference, checkpoint: checkpoint)
  }
}
