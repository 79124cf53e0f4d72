import Core
import Foundation
import LinearAlgebra
import Synchronization

/// The state with everything around it: the engine that computes for it and the mailbox that
/// brings results back. The terminal's loop and the script both drive one.
final class Session {
  private(set) var state: AppState
  private let source: RunSource
  private let engine: Engine
  private let kept = LastLayer()
  private var tsneJob: JobID?
  let mailbox: Mailbox
  /// Set when the user has left.
  private(set) var ending: Ending?
  /// Set when the screen has to be painted afresh.
  var needsRedraw = false
  /// Called for effects that only a terminal can have.
  var onTerminalEffect: (Effect) -> Void = { _ in }

  init(_ state: AppState, source: RunSource, engine: Engine, mailbox: Mailbox) {
    self.state = state
    self.source = source
    self.engine = engine
    self.mailbox = mailbox
    run(start(&self.state))
  }

  func handle(_ event: Event) { run(update(&state, event)) }

  /// Handles what other threads have posted; returns whether there was anything.
  func handlePosted() -> Bool {
    let events = mailbox.take()
    for event in events { handle(event) }
    return !events.isEmpty
  }

  func end(_ ending: Ending) { self.ending = self.ending ?? ending }

  private func run(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .computeMap(let index, let reference, let isUrgent):
        computeMap(index, reference: reference, isUrgent: isUrgent)
      case .startTSNE(let index, let number, let start): startTSNE(index, number, start)
      case .pauseTSNE(let isPaused):
        if let tsneJob { isPaused ? engine.pause(tsneJob) : engine.resume(tsneJob) }
      case .stopTSNE:
        if let tsneJob { engine.cancel(tsneJob) }
        tsneJob = nil
      case .judge(let key): judge(key)
      case .measureSeparation(let index): measureSeparation(index)
      case .findNearest(let row, let index, let metric): findNearest(row, index, metric)
      case .compareGroups(let pair): compareGroups(pair)
      case .saveText(let name, let text): run(update(&state, saveText(name, text)))
      case .saveScreen(let path): run(update(&state, .saved(path, save(path))))
      case .quit(let ending): end(ending)
      case .redraw, .suspend, .setMouse: onTerminalEffect(effect)
      }
    }
  }

  private func computeMap(_ index: Int, reference: Int?, isUrgent: Bool) {
    let layer = state.explore.layers[index]
    let points = reference.flatMap { state.explore.maps[$0].map?.points }
    let axes = state.explore.axes
    let conceptOfRow = state.explore.conceptOfRow
    let concepts = state.explore.concepts.count
    engine.submit(
      "map of layer \(layer)", priority: isUrgent ? .typing : .map,
      onEvent: { [mailbox] (event: JobEvent<LayerMap>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.map(index: index, result.mapError { Problem($0) }))
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

  private func measureSeparation(_ index: Int) {
    let layer = state.explore.layers[index]
    let labels = state.explore.conceptOfRow.map { Int($0) }
    let concepts = state.explore.concepts.count
    let folds = folds
    engine.submit(
      "separation at layer \(layer)", priority: .map,
      onEvent: { [mailbox] (event: JobEvent<LayerSeparation>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.separation(index: index, result.mapError { Problem($0) }))
      },
      body: { [source] context in
        try LayerSeparation.measure(
          source.states(layer), labels: labels, concepts: concepts, folds: folds, context: context)
      })
  }

  /// The split rule over the run's rows; rows of the same text stay together.
  private lazy var folds = Folds(
    prompts: source.rows.map(\.text),
    splits: source.rows.map { $0.split.flatMap(ConceptSet.Side.init) })

  private func startTSNE(_ index: Int, _ number: Int, _ start: TSNEStart) {
    let layer = state.explore.layers[index]
    tsneJob =
      engine.submit(
        "t-SNE of layer \(layer)", priority: .map,
        onEvent: { [mailbox] (event: JobEvent<Embedding>) in
          guard case .finished(let result) = event else { return }
          mailbox.post(.embedding(run: number, result.mapError { Problem($0) }))
        },
        body: { [source, mailbox] context in
          try Embedding.make(source.states(layer), layer: index, start: start, context: context) {
            mailbox.post(.embedding(run: number, .success($0)))
          }
        }
      ).id
  }

  private func judge(_ key: QualityKey) {
    let layer = state.explore.layers[key.layer]
    let points =
      key.method == .tsne
      ? state.explore.embeddings[key.layer]?.points
      : state.explore.maps[key.layer].map?.points
    engine.submit(
      "trust in the map of layer \(layer)", priority: .map,
      onEvent: { [mailbox] (event: JobEvent<MapTrust>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.judged(key, try? result.get()))
      },
      body: { [source] context in
        try MapTrust.measure(points ?? [], of: source.states(layer), context: context)
      })
  }

  private func findNearest(_ row: Int, _ index: Int, _ metric: NearestRows.Metric) {
    let layer = state.explore.layers[index]
    engine.submit(
      "rows nearest to row \(row)", priority: .typing,
      onEvent: { [mailbox] (event: JobEvent<NearestRows>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.nearest(result.mapError { Problem($0) }))
      },
      body: { [source, kept] context in
        let isCosine = metric == .cosine
        let matrix = try kept.matrix(of: layer, asUnits: isCosine) {
          isCosine ? unitNormalised(try source.states(layer)) : try source.states(layer)
        }
        return NearestRows.find(row, layer: index, in: matrix, metric, count: 10)
      })
  }

  private func compareGroups(_ pair: GroupPair) {
    let layer = state.explore.layers[pair.layer]
    engine.submit(
      "two groups at layer \(layer)", priority: .typing,
      onEvent: { [mailbox] (event: JobEvent<GroupComparison>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.groupsCompared(pair, try? result.get()))
      },
      body: { [source, kept] context in
        let units = try kept.matrix(of: layer, asUnits: true) {
          unitNormalised(try source.states(layer))
        }
        return GroupComparison(pair.first, pair.second, units: units)
      })
  }

  /// Saves a text beside what is there already, never over it.
  private func saveText(_ name: String, _ text: String) -> Event {
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

  private func save(_ path: String) -> Problem? {
    do throws(Failure) {
      try saveScreen(path)
      return nil
    } catch {
      return Problem(error)
    }
  }

  /// Writes the screen to a file: with its colours where the name ends in `.svg`, else as text.
  func saveScreen(_ path: String) throws(Failure) {
    do {
      let screen = render(state)
      let text =
        path.hasSuffix(".svg") ? screen.svg(isLight: state.theme.isLight) : screen.text
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(
        .cannotWrite, file: path, found: error.localizedDescription,
        wanted: "a file that can be written", advice: "Choose another path.")
    }
  }

  /// Blocks until no work is under way.
  func waitUntilIdle() {
    while state.explore.isBusy && ending == nil {
      if !handlePosted() { _ = mailbox.wait() }
    }
  }
}

/// The states of the layer used last: the cursor asks about the same one again and again.
private final class LastLayer: Sendable {
  private let kept = Mutex<(layer: Int, asUnits: Bool, matrix: Matrix)?>(nil)

  func matrix(
    of layer: Int, asUnits: Bool, _ make: () throws -> Matrix
  ) rethrows -> Matrix {
    if let kept = kept.withLock({ $0 }), kept.layer == layer, kept.asUnits == asUnits {
      return kept.matrix
    }
    let matrix = try make()
    kept.withLock { $0 = (layer, asUnits, matrix) }
    return matrix
  }
}
