import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerProjection
import SeerRuns
import SeerSupport
import SeerTokenizers
import SeerTraining

/// The training under way, and what is watched.
final class TrainWork: ScreenJobs, Sendable {
  /// A training goes on whatever is opened.
  static let isOfRuns = false

  private let wanted = Locked(false)
  private let running = Locked<Job<Training.Summary>?>(nil)
  private let watch = Locked<TrainingWatch?>(nil)
  private let drawn = Locked<PairMap?>(nil)

  func wantSave() { wanted.withLock { $0 = true } }
  func takeSave() -> Bool {
    wanted.withLock { wanted in
      defer { wanted = false }
      return wanted
    }
  }

  var job: Job<Training.Summary>? {
    get { running.withLock { $0 } }
    set { running.withLock { $0 = newValue } }
  }

  var lasting: [JobID] { job.map { [$0.id] } ?? [] }

  /// Stops a training so that it leaves its checkpoint, and waits for that.
  func close() {
    guard let job else { return }
    job.cancel()
    _ = try? job.wait()
  }

  struct Polled {
    var steps: [TrainingStep] = []
    var states: TrainingStates?
    var isFinished = false
  }

  /// What a training elsewhere has logged since the last call.
  func poll(_ folder: String) throws -> Polled {
    try watch.withLock { watch in
      var now = watch ?? TrainingWatch(folder: folder)
      // Asked first: what is logged before the end is not missed.
      let isFinished = now.isFinished
      let polled = Polled(
        steps: try now.next(), states: try now.nextStates(), isFinished: isFinished)
      watch = now
      return polled
    }
  }

  /// The held-out rows before and now, turned as the map before was; nil where no map can be made,
  /// which is no reason to end a training.
  func clusters(_ seen: TrainingStates, _ context: JobContext) -> TrainEvent? {
    drawn.withLock { drawn in
      let map = try? PairMap.principal(
        base: seen.before, tuned: seen.states, reference: seen.step == 0 ? nil : drawn,
        checkpoint: context.checkpoint)
      guard let map else { return nil }
      drawn = map
      return .clusters(step: seen.step, map, labels: seen.labels, concepts: seen.concepts)
    }
  }

  /// The clusters of the steps that a training kept, the last one turned as what is drawn, each one
  /// before as the one after it.
  func kept(_ folder: String, _ context: JobContext) throws -> TrainEvent {
    var reference = drawn.withLock { $0 }
    var frames: [ClusterHistory.Frame] = []
    var (labels, concepts): ([Int], [String]) = ([], [])
    for step in KeptSteps.all(in: folder).reversed() {
      let place = KeptSteps.folder(of: step, in: folder)
      guard let seen = try TrainingStates(place) else { continue }
      let map = try PairMap.principal(
        base: seen.before, tuned: seen.states, reference: reference,
        checkpoint: context.checkpoint)
      reference = map
      frames.insert(ClusterHistory.Frame(step: seen.step, map: map), at: 0)
      (labels, concepts) = (seen.labels, seen.concepts)
    }
    guard !frames.isEmpty else {
      throw Problem(
        "Nothing before is kept. A training that is followed from its start can be played; "
          + "--keep 10 keeps every tenth step on disk.")
    }
    return .kept(.success(frames), labels: labels, concepts: concepts)
  }
}

/// What the Train screen has done.
extension Session {
  private var trainWork: TrainWork { jobs(TrainWork.self) }

  package func run(_ effect: TrainEffect) {
    guard let train = state.train else { return }
    switch effect {
    case .estimate: estimate(train)
    case .start(let resumes): start(train, resumes: resumes)
    case .pause(let isPaused):
      if let job = trainWork.job { isPaused ? engine.pause(job.id) : engine.resume(job.id) }
    case .save: trainWork.wantSave()
    case .stop: trainWork.job?.cancel()
    case .poll:
      let folder = train.watched ?? ""
      do {
        let polled = try trainWork.poll(folder)
        if let states = polled.states { draw(states) }
        handle(.train(.polled(.success(polled.steps), isFinished: polled.isFinished)))
      } catch {
        handle(.train(.polled(.failure(Problem(error)), isFinished: false)))
      }
    case .extract: extractTuned(train)
    case .compare:
      guard let tuned = train.tuned else { return }
      if let old = workspace.tuned, old.folder != tuned.folder { workspace.others.append(old) }
      for screen in state.registry.all { screen.pair(with: tuned, in: self) }
    case .readKept: readKept(train.watched ?? train.text(.adapter))
    case .look: look(train)
    }
  }

  private func readKept(_ folder: String) {
    engine.submit(
      "clusters that were kept", priority: .map,
      onEvent: { [mailbox] (event: JobEvent<TrainEvent>) in
        guard case .finished(let result) = event else { return }
        switch result {
        case .success(let kept): mailbox.post(.train(kept))
        case .failure(let error):
          mailbox.post(.train(.kept(.failure(Problem(error)), labels: [], concepts: [])))
        }
      }, body: { [trainWork] context in try trainWork.kept(folder, context) })
  }

  private func look(_ train: TrainState) {
    let texts = train.form.mapValues(\.text).filter { FormFiles.fields.contains($0.key) }
    let known = train.files
    engine.submit(
      "files of a training", priority: .typing,
      onEvent: { [mailbox] (event: JobEvent<FormFiles>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.train(.looked((try? result.get()) ?? FormFiles(texts: texts))))
      }, body: { _ in FormFiles.look(texts, after: known) })
  }

  /// Maps what a training elsewhere has left, off the main thread.
  private func draw(_ states: TrainingStates) {
    engine.submit(
      "clusters of a training", priority: .map,
      onEvent: { [mailbox] (event: JobEvent<TrainEvent?>) in
        if case .finished(.success(let drawn?)) = event { mailbox.post(.train(drawn)) }
      }, body: { [trainWork] context in trainWork.clusters(states, context) })
  }

  /// The form's training, whose texts are read as those of the run that is open.
  private func training(_ train: TrainState) -> Result<Training, Problem> {
    train.training(tool: workspace.tool).map { training in
      var training = training
      training.chat = workspace.chat
      training.precision = workspace.precision
      if let manifest = workspace.manifest {
        training.template = manifest.template
        // Of another file nothing is known.
        if training.concepts == manifest.concepts {
          training.columns = ConceptColumns(recipe: manifest.columns)
        }
      }
      return training
    }
  }

  private func estimate(_ train: TrainState) {
    switch training(train) {
    case .failure(let problem): handle(.train(.estimated(.failure(problem))))
    case .success(let training):
      engine.submit(
        "estimate of a training", priority: .map,
        onEvent: { [mailbox] (event: JobEvent<TrainingEstimate>) in
          guard case .finished(let result) = event else { return }
          mailbox.post(.train(.estimated(result.mapError { Problem($0) })))
        }, body: { context in try training.estimate(context) })
    }
  }

  private func start(_ train: TrainState, resumes: Bool) {
    guard case .success(var training) = training(train) else { return }
    training.resumes = resumes
    let prepared = training
    trainWork.job = engine.submit(
      "training \(prepared.folder)", priority: .training,
      onEvent: { [mailbox] (event: JobEvent<Training.Summary>) in
        switch event {
        case .progress(let progress): mailbox.post(.train(.progress(progress)))
        case .finished(let result):
          mailbox.post(.train(.finished(result.mapError { Problem($0) })))
        }
      },
      body: { [mailbox, trainWork] context in
        let observer = TrainingObserver(
          onStates: { seen in
            if let drawn = trainWork.clusters(seen, context) { mailbox.post(.train(drawn)) }
          }, wantsSave: { trainWork.takeSave() })
        return try prepared.run(context, observer: observer) { step in
          mailbox.post(.train(.step(step)))
        }
      })
  }

  /// The states of what was trained, for the rows that are open, read the same way.
  private func extractTuned(_ train: TrainState) {
    let folder = train.text(.adapter)
    var extraction = Extraction(
      model: train.watched == nil ? train.text(.model) : workspace.prompt?.model ?? "",
      concepts: workspace.manifest?.concepts ?? train.text(.concepts), folder: folder + "/run",
      tool: workspace.tool)
    extraction.adapter = folder
    extraction.chat = workspace.chat
    extraction.precision = workspace.precision
    if let manifest = workspace.manifest {
      extraction.follow(manifest)
      extraction.columns = ConceptColumns(recipe: manifest.columns)
      if !FileManager.default.fileExists(atPath: extraction.concepts) {
        extraction.concepts = train.text(.concepts)
      }
    }
    let prepared = extraction
    engine.submit(
      "states of \(folder)", priority: .map,
      onEvent: { [mailbox] (event: JobEvent<RunSource>) in
        switch event {
        case .progress(let progress): mailbox.post(.train(.extracting(progress)))
        case .finished(let result):
          mailbox.post(.train(.extracted(result.mapError { Problem($0) })))
        }
      },
      body: { context in
        _ = try prepared.run(context)
        return RunSource(try Run.open(prepared.folder))
      })
  }
}
