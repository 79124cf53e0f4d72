import Foundation
import LinearAlgebra
import SeerProjection
import SeerSupport

/// A map being made, with progress, from where an earlier run of the same command was stopped.
struct ProjectionWork: Sendable {
  let layout: any Layout
  let settings: LayoutSettings
  /// The file that the map will be written to.
  let output: String
  /// How much work a process that is killed loses at the most, beside what comes before the first step.
  var interval = Duration.seconds(30)

  /// The map, and what the user should know of how it came about.
  ///
  /// A map that takes steps is kept beside the output every ``interval``, and once more where
  /// `context` cancels it.
  func run(
    _ states: Matrix, _ context: JobContext
  ) throws -> (result: LayoutResult, notes: [String]) {
    guard let layout = layout as? any IterativeLayout else {
      return (
        try layout.map(
          states, settings, start: nil, checkpoint: context.checkpoint, progress: { _, _ in }), []
      )
    }
    let checkpoint = try checkpoint(of: states)
    let moment = try checkpoint?.read()
    let preparing = ContinuousClock.now
    let run = try layout.begin(
      states, settings, start: nil, checkpoint: context.checkpoint,
      progress: {
        context.report(
          JobProgress(
            completed: Int($0 * Double(states.rows)), total: states.rows, unit: "rows' neighbours",
            elapsed: preparing.duration(to: .now)))
      })
    var notes: [String] = []
    if let moment, let checkpoint {
      do {
        try run.restore(moment)
      } catch {
        throw Failure(error, of: checkpoint.path)
      }
      notes.append("Went on with an unfinished map at step \(moment.iteration).")
    }
    let first = run.iteration
    let started = ContinuousClock.now
    var kept = started
    do {
      try run.finish(
        every: 1, checkpoint: context.checkpoint,
        progress: { done, total in
          context.report(
            JobProgress(
              completed: done - first, total: total - first, unit: "iterations",
              elapsed: started.duration(to: .now)))
        },
        observer: {
          guard kept.duration(to: .now) >= interval else { return true }
          // A disk without room must not end the work: the map itself may still fit.
          try? checkpoint?.write(run.moment)
          kept = .now
          return true
        })
    } catch {
      // As it was before the step that was stopped.
      if run.iteration > 0 { try? checkpoint?.write(run.moment) }
      throw error
    }
    // Figures are still to come, and may be stopped, too.
    if started.duration(to: .now) > .seconds(1) { try? checkpoint?.write(run.moment) }
    return (run.result(), notes)
  }

  /// Removes what an interrupted run would have gone on from.
  func finish() {
    guard layout.isIterative else { return }
    try? FileManager.default.removeItem(atPath: ProjectionCheckpoint.path(beside: output))
  }

  private func checkpoint(of states: Matrix) throws(Failure) -> ProjectionCheckpoint? {
    guard OutputFile.isFile(output) else { return nil }
    var options: [String: String] = [:]
    for option in layout.options { options[option.name] = option.text(settings[option]) }
    var concepts: String?
    if settings[.start] != LayoutOption.start.standard, let known = settings.concepts {
      let numbers = known.ofRow.map { $0.map(String.init) ?? "" }
      concepts = try sha256(ofText: (known.names + numbers).joined(separator: "\n"))
    }
    return ProjectionCheckpoint(
      path: ProjectionCheckpoint.path(beside: output),
      recipe: ProjectionCheckpoint.Recipe(
        tool: Version.tool, method: layout.name, seed: settings.seed, options: options,
        rows: states.rows, columns: states.columns,
        statesSHA256: try sha256(
          UnsafeRawBufferPointer(start: states.elements, count: states.count * 4), of: output),
        conceptsSHA256: concepts))
  }
}
