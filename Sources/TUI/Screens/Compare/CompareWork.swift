import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerProjection
import SeerRuns
import SeerSupport

/// The jobs of the Compare screen that can be ended.
final class CompareJobs: ScreenJobs {
  var growing: JobID?
  var figures: JobID?
  /// Where work on the two runs that are compared leaves its results; closed when others are.
  var outbox: Outbox?
}

/// What the Compare screen has computed.
extension Session {
  package func run(_ effect: CompareEffect) {
    guard let tuned else { return }
    let outbox = pairOutbox
    switch effect {
    case .nextRun:
      guard let next = workspace.others.first else { return }
      workspace.others.removeFirst()
      workspace.others.append(tuned)
      handle(.compare(.paired(pair(with: next))))
    case .mapRun(let run, let index): mapRun(run, index)
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

  private var pairOutbox: Outbox {
    let jobs = jobs(CompareJobs.self)
    if let outbox = jobs.outbox { return outbox }
    let made = Outbox(mailbox, in: outbox)
    jobs.outbox = made
    return made
  }

  /// Puts another run beside the first: what is under way for the one before is of no use.
  func pair(with next: RunSource) -> CompareState {
    let jobs = jobs(CompareJobs.self)
    jobs.outbox?.close()
    jobs.outbox = nil
    for job in [jobs.growing, jobs.figures].compactMap({ $0 }) { engine.cancel(job) }
    (jobs.growing, jobs.figures) = (nil, nil)
    workspace.tuned = next
    var compare = CompareState.opening(base: workspace.run, tuned: next)
    compare.runs = RunPanels(names: workspace.sources.map(\.name))
    return compare
  }

  /// The map of one of all runs, turned as the first run's, and what held-out rows say of it.
  private func mapRun(_ run: Int, _ index: Int) {
    let sources = workspace.sources
    guard sources.indices.contains(run) else { return }
    let explore = state.explore
    let layer = explore.run.layers[index]
    let reference = state.compare?.runs.points(0, layer: index)
    engine.submit(
      "map of layer \(layer), run \(run + 1)", priority: .typing,
      onEvent: { [outbox = pairOutbox] (event: JobEvent<RunPanels.Panel>) in
        guard case .finished(let result) = event else { return }
        let panel: RunPanels.Panel =
          switch result {
          case .success(let panel): panel
          case .failure(let error): .failed(Problem(error))
          }
        outbox.post(.compare(.runMapped(run: run, index: index, panel)))
      },
      body: { [source = sources[run], conceptOfRow = explore.run.conceptOfRow] context in
        guard source.rows.count == conceptOfRow.count else {
          throw Problem("\(source.name) has other rows: extract all from the same concept file.")
        }
        guard source.layers.contains(layer) else {
          throw Problem("\(source.name) has no layer \(layer).")
        }
        let states = try source.states(layer)
        let map = try LayerMap.make(
          JointMap.prepared(states), axes: .components(0, 1), conceptOfRow: conceptOfRow,
          concepts: explore.run.concepts.count, reference: reference,
          checkpoint: context.checkpoint)
        let separation = try LayerSeparation.measure(
          states, LabelledRows(source.rows), layer: layer, name: source.name, context: context)
        return RunPanels.Panel.ready(map.points, separation)
      })
  }

  private func measureFigures(_ measuring: Measuring, _ tuned: RunSource) {
    let outbox = pairOutbox
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
