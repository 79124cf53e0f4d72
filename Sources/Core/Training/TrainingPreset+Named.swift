extension TrainingPreset {
  /// The presets that have a name, each with what it is for.
  package static let table: [(name: String, abstract: String, preset: TrainingPreset)] =
    [
      ("standard", "what serves the default model best", standard),
      ("paper", "the published values on one GPU", paper),
      (
        "paper-disentangle", "the published disentangling: four GPUs, InfoNCE at the last place",
        paperDisentangle
      ),
      (
        "paper-detox", "the published detoxification: InfoNCE at two places, no KL, one epoch",
        paperDetox(.infonce)
      ),
      (
        "paper-detox-nt", "the published detoxification with NT-Xent", paperDetox(.ntXent)
      ),
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

  /// The published run of the figure: four GPUs with 8 pairs each, contrasted 8 by 8, and as many retain
  /// rows; the layer after block 25 of 32, counted from 0.
  package static var paperDisentangle: TrainingPreset {
    var preset = paper
    preset.objective.layers = []
    preset.objective.shares = [0.8125]
    preset.objective.group = 16
    preset.batch = 64
    preset.retainBatch = 32
    // Each row is once the first of a pair and once, on average, the second.
    preset.epochs = 2
    preset.rowsPerConcept = 8000
    return preset
  }

  /// The published detoxification: the same without its "KL", at the prompt's end and the row's.
  package static func paperDetox(_ contrast: Contrast) -> TrainingPreset {
    var preset = paperDisentangle
    preset.objective.positions = [.promptEnd, .last]
    preset.objective.contrastive = contrast
    preset.objective.klWeight = 0
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
