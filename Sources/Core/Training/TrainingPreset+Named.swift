extension TrainingPreset {
  /// The presets that have a name, each with what it is for.
  package static let table: [(name: String, abstract: String, preset: TrainingPreset)] =
    [
      ("standard", "what serves the default model best", standard),
      ("paper", "the published values", paper),
      (
        "detox",
        "refusals: concepts safe and unsafe, at the prompt's end and the answer's, no KL", detox
      ),
    ]
    + Objectives.all.map {
      ("verify-\($0.name.rawValue)", "verification run: \($0.abstract)", verification($0.name))
    }

  package static var names: [String] { table.map(\.name) }

  /// What a named preset is for; empty for other names.
  package static func abstract(of name: String) -> String {
    table.first { $0.name == name }?.abstract ?? ""
  }

  /// The paper's detoxification (arXiv 2502.05242, section on applications): rows of `safe` and
  /// `unsafe` are pulled apart both where the prompt and where the answer ends, and nothing holds
  /// the next-token distributions, which are meant to change.
  package static var detox: TrainingPreset {
    var preset = standard
    preset.objective.positions = [.last, .promptEnd]
    preset.objective.klWeight = 0
    preset.bestWithinKL = 0
    return preset
  }

  /// What `make verify-training` trains: the default at layer 24 in all but the objective, so that
  /// the objectives see the same rows.
  package static func verification(_ name: ObjectiveName) -> TrainingPreset {
    var preset = standard
    preset.objective = preset.objective.replaced(by: name)
    preset.objective.layers = [24]
    return preset
  }
}
