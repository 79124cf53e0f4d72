import Foundation
import SeerAnalysis
import SeerProjection
import SeerRuns
import SeerSupport
import SeerTokenizers
import SeerTraining
import Synchronization

/// The training under way, and what is watched.
final class TrainWork: ScreenJobs, Sendable {
  /// A training goes on whatever is opened.
  static let isOfRuns = false

  private let wanted = Mutex(false)
  private let running = Mutex<Job<Training.Summary>?>(nil)
  private let watch = Mutex<TrainingWatch?>(nil)
  private let drawn = Mutex<PairMap?>(nil)

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
      workspace.tuned = tuned
      handle(.train(.comparable(CompareState(base: workspace.run, tuned: tuned))))
    case .replay(let by): replay(train, by: by)
    }
  }

  /// The way the clusters went, a step that the training kept at a time; after the last of them where
  /// they are now.
  private func replay(_ train: TrainState, by: Int) {
    let folder = train.watched ?? train.text(.adapter)
    let kept = KeptSteps.all(in: folder)
    guard !kept.isEmpty else {
      return say("No step is kept: train with --keep 10, and every tenth is.")
    }
    let step =
      by < 0
      ? kept.last { $0 < train.clusterStep } : kept.first { $0 > train.clusterStep }
    if by < 0, step == nil { return say("No step before \(train.clusterStep) is kept.") }
    do {
      let states = try TrainingStates(
        step.map { KeptSteps.folder(of: $0, in: folder) } ?? folder)
      if let states { draw(states) }
    } catch { handle(.train(.said(Problem(error).text, isError: true))) }
  }

  private func say(_ text: String) { handle(.train(.said(text, isError: false))) }

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
