import Foundation
import SeerAnalysis
import SeerApp
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// The jobs of the Start screen that can be ended.
final class StartJobs: ScreenJobs {
  /// An extraction goes on whatever is opened.
  static let isOfRuns = false

  var extraction: JobID?
  var lasting: [JobID] { extraction.map { [$0] } ?? [] }
}

/// What the Start screen has done.
extension Session {
  package func run(_ effect: StartEffect) {
    switch effect {
    case .scan:
      let environment = workspace.options?.environment ?? [:]
      let sample = RunLocator.sample(executable: "/proc/self/exe", environment: environment)
      engine.submit(
        "what there is to open", priority: .map,
        onEvent: { [mailbox] (event: JobEvent<Library>) in
          guard case .finished(let result) = event else { return }
          mailbox.post(.start(.scanned(result.mapError { Problem($0) })))
        },
        body: { context in
          try Library.scan(
            folders: ["."] + (sample.map { [$0] } ?? []), environment: environment,
            checkpoint: context.checkpoint)
        })
    case .open(let runs): open(runs)
    case .extract(let plan): extract(plan)
    case .estimate(let plan): estimate(plan)
    case .cancel: if let job = jobs(StartJobs.self).extraction { engine.cancel(job) }
    }
  }

  private func estimate(_ plan: StartState.Plan) {
    engine.submit(
      "what recording takes", priority: .typing,
      onEvent: { [mailbox] (event: JobEvent<StartState.Costs>) in
        guard case .finished(let result) = event else { return }
        mailbox.post(.start(.estimated(plan.folder, result.mapError { Problem($0) })))
      },
      body: { _ in
        let language = try LanguageModel(plan.model)
        let batch = language.costs(tokens: Batch.usualTokens, measuring: false)
        let isMeasured = plan.seconds != nil || plan.tokens == 0
        return StartState.Costs(
          seconds: isMeasured ? nil : language.costs(tokens: plan.tokens).seconds,
          memory: batch.batchBytes, weights: batch.weightBytes)
      })
  }

  private func extract(_ plan: StartState.Plan) {
    var extraction = Extraction(
      model: plan.model, concepts: plan.concepts, folder: plan.folder, tool: workspace.tool)
    extraction.precision = workspace.precision
    if let manifest = plan.manifest {
      extraction.adapter = manifest.adapter
      extraction.follow(manifest)
      extraction.columns = ConceptColumns(recipe: manifest.columns)
      do throws(Failure) {
        extraction.chat = try ChatOptions(manifest.chat)
      } catch {
        return handle(.start(.extracted(.failure(Problem(error)))))
      }
      extraction.usesHalf = manifest.dtype == .float16
    }
    let prepared = extraction
    jobs(StartJobs.self).extraction =
      engine.submit(
        "states for \(plan.folder)", priority: .map,
        onEvent: { [mailbox] (event: JobEvent<Extraction.Summary>) in
          switch event {
          case .progress(let progress): mailbox.post(.start(.progress(progress)))
          case .finished(let result):
            mailbox.post(.start(.extracted(result.mapError { Problem($0) })))
          }
        }, body: { context in try prepared.run(context) }
      ).id
  }

  /// Other runs take the place of those that were open; a training and an extraction go on.
  private func open(_ runs: [String]) {
    guard var options = workspace.options else { return }
    options.runs = runs
    options.watched = nil
    do throws(Failure) {
      let opened = try Workspace(options)
      var next = opened.state(
        state.registry, size: state.size, theme: state.theme, isMouseOn: state.isMouseOn)
      for screen in state.registry.all { screen.carry(from: state, into: &next) }
      next.start.isOpening = false
      if next.screens.contains(.compare) { next.screen = .compare }
      replace(opened, next)
    } catch {
      handle(.start(.refused(Problem(error))))
    }
  }
}
