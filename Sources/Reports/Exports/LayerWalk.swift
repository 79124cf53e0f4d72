import SeerAnalysis
import SeerFigures
import SeerProjection
import SeerRuns
import SeerSupport
import SeerTraining

/// A walk as a picture that moves by itself: through a run's layers, or through the steps that a
/// training kept. Maps are turned onto one another as on the screens, marks and colours are theirs.
package enum LayerWalk {
  /// More rows make a picture that no browser plays smoothly: of more, so many are drawn, evenly spread.
  static let mostRows = 2000

  /// A run's layers, each by its principal components.
  package static func picture(
    _ run: Run, tool: String, checkpoint: () throws -> Void
  ) throws -> MovingPanel {
    let names = ConceptNames(sorted: run.rows.map(\.concept))
    let groups = run.rows.map { names.place(of: $0.concept) ?? 0 }
    let drawn = Self.drawn(run.rows.count)
    let labelled = LabelledRows(run.rows)
    var reference: [SIMD2<Float>]?
    var steps: [MovingPanel.Step] = []
    for layer in run.manifest.layers {
      try checkpoint()
      let states = try run.finiteStates(layer: layer)
      let map = try LayerMap.make(
        states, axes: .components(0, 1), conceptOfRow: groups.map { Int32($0) },
        concepts: names.count, reference: reference, checkpoint: checkpoint)
      reference = map.points
      var caption = "layer \(layer)"
      if names.count > 1, !labelled.rows.isEmpty {
        let sample = try labelled.sample(states, layer: layer, name: run.folder)
        let found = try CosineSeparation(sample, checkpoint: checkpoint)
        if let share = found.figures[.nearestPrototype].value {
          caption += ", held-out rows right \(Int((share * 100).rounded())) %"
        }
      }
      steps.append(MovingPanel.Step(points: drawn.map { map.points[$0] }, caption: caption))
    }
    let manifest = run.manifest
    let adapter = manifest.adapter.map { " with \(name($0))" } ?? ""
    return MovingPanel(
      title: "\(name(manifest.model))\(adapter)",
      subtitle: "\(name(manifest.concepts)), \(rows(drawn.count, of: run.rows.count))",
      groups: drawn.map { groups[$0] },
      groupNames: names.names.map { $0.isEmpty ? "(no concept)" : $0 }, steps: steps,
      footer: [
        "\(Layouts.standard.title) of each layer, turned onto the one before; position "
          + "\(manifest.position), template \(manifest.templateTitle); \(tool)"
      ])
  }

  /// The held-out rows' clusters at the steps that a training kept.
  package static func picture(
    training folder: String, tool: String, checkpoint: () throws -> Void
  ) throws -> MovingPanel {
    var reference: PairMap?
    var steps: [MovingPanel.Step] = []
    var last: TrainingStates?
    for step in KeptSteps.all(in: folder) {
      try checkpoint()
      guard let seen = try TrainingStates(KeptSteps.folder(of: step, in: folder)) else { continue }
      if let last, last.labels != seen.labels {
        throw Failure(
          .badData, file: KeptSteps.folder(of: step, in: folder), found: "other held-out rows",
          wanted: "those of the steps before", advice: "Keep one training's steps in a folder.")
      }
      last = seen
      let map = try PairMap.principal(
        base: seen.before, tuned: seen.states, reference: reference, checkpoint: checkpoint)
      let drawn = Self.drawn(seen.labels.count)
      if steps.isEmpty {
        steps.append(MovingPanel.Step(points: drawn.map { map.base[$0] }, caption: "step 0"))
      }
      reference = map
      steps.append(
        MovingPanel.Step(points: drawn.map { map.tuned[$0] }, caption: "step \(seen.step)"))
    }
    guard let last else {
      throw Failure(
        .missingInput, file: folder, found: "no steps that were kept",
        wanted: "kept/step-... with clusters.safetensors",
        advice: "Train with --keep 10: every tenth step is kept.")
    }
    let drawn = Self.drawn(last.labels.count)
    return MovingPanel(
      title: "Training of \(name(folder))",
      subtitle: "held-out rows, \(rows(drawn.count, of: last.labels.count))",
      groups: drawn.map { last.labels[$0] }, groupNames: last.concepts, steps: steps,
      footer: ["\(Layouts.standard.title) of each step's unit states beside the base's; \(tool)"])
  }

  /// Writes what ``picture(training:tool:checkpoint:)`` draws.
  package static func write(
    training folder: String, to path: String, tool: String, checkpoint: () throws -> Void
  ) throws -> LayerExport.Result {
    let walk = try picture(training: folder, tool: tool, checkpoint: checkpoint)
    try OutputFile.write(walk.svg(), to: path)
    return LayerExport.Result(output: path, recipe: nil, rows: walk.groups.count)
  }

  private static func drawn(_ rows: Int) -> [Int] {
    rows <= mostRows
      ? Array(0..<rows) : (0..<mostRows).map { $0 * (rows - 1) / (mostRows - 1) }
  }

  private static func rows(_ shown: Int, of all: Int) -> String {
    shown == all ? "\(all) rows" : "\(shown) of \(all) rows"
  }

  /// The last part of a path.
  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
