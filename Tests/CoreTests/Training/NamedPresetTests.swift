import Foundation
import SeerModels
import SeerTraining
import TestSupport
import Testing

struct NamedPresetTests {
  @Test(arguments: TrainingPreset.names)
  func aPresetIsAFileToo(name: String) throws {
    let preset = try TrainingPreset.named(name)
    var configuration = try LanguageModel(Fixtures.tinyModel).configuration
    configuration.blocks = 30
    _ = try preset.resolved(for: configuration)
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(try JSONEncoder().encode(preset)), to: "mine.json")
    #expect(try TrainingPreset.named(path) == preset)
    #expect(!TrainingPreset.abstract(of: name).isEmpty)
  }

  @Test func keysLeftOutAreStandards() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"steps": 7, "objective": {"kl_weight": 3}}"#, to: "mine.json")
    var expected = TrainingPreset.standard
    expected.steps = 7
    expected.objective.klWeight = 3
    #expect(try TrainingPreset.named(path) == expected)
  }

  @Test func aMisspeltKeyIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"objective": {"temprature": 3}}"#, to: "mine.json")
    #expect {
      try TrainingPreset.named(path)
    } throws: { error in
      "\(error)".contains("objective.temprature") && "\(error)".contains("unknown key")
    }
  }

  /// What is no name, number or list of its key is refused with the key and what is known.
  @Test(arguments: [
    (#"{"schedule": "linear"}"#, "key schedule: found `linear`, wanted one of constant, cosine"),
    (
      #"{"targets": ["q_proj", "qkv_proj"]}"#,
      "key targets.1: found `qkv_proj`, wanted one of q_proj, k_proj, v_proj, o_proj, gate_proj"
    ),
    (
      #"{"objective": {"positions": ["first"]}}"#,
      "key objective.positions.0: found `first`, wanted one of last, prompt-end, mean"
    ),
    (#"{"objective": {"name": "sear"}}"#, "objective.name: found `sear`, wanted one of seer"),
    (#"{"steps": 1e30}"#, "key steps: found a number that cannot be used"),
    (#"{"steps": 1.5}"#, "key steps: found a number that cannot be used"),
    (#"{"steps": "many"}"#, "a wrong type at steps"),
    (#"{"row_mix": [1, "x", 0]}"#, "a wrong type at row_mix.1"),
  ])
  func aValueThatIsNone(text: String, words: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, to: "mine.json")
    let failure = try #require(thrownFailure { _ = try TrainingPreset.named(path) })
    #expect(failure.kind == .badData && failure.file == path)
    #expect(failure.description.contains(words), "\(failure)")
    #expect(!failure.description.contains("not JSON"), "\(failure)")
  }

  @Test func detoxIsStandardAtBothEndsWithoutKL() throws {
    var preset = TrainingPreset.detox
    #expect(preset.objective.positions == [.last, .promptEnd] && preset.objective.klWeight == 0)
    preset.objective.positions = TrainingPreset.standard.objective.positions
    preset.objective.klWeight = TrainingPreset.standard.objective.klWeight
    preset.bestWithinKL = TrainingPreset.standard.bestWithinKL
    #expect(preset == TrainingPreset.standard)
  }

  @Test func verificationRunsDifferInTheObjectiveAlone() {
    for name in [ObjectiveName.infonce, .ntXent, .seerPair] {
      var preset = TrainingPreset.verification(name)
      #expect(preset.objective.name == name)
      preset.objective.name = .seer
      #expect(preset == TrainingPreset.verification(.seer))
    }
    let released = TrainingPreset.verification(.released)
    #expect(released.objective.contrastiveWeight == 10 && released.objective.name == .released)
  }

  /// The published runs, arm by arm.
  @Test func thePapersPresets() throws {
    let clusters = try TrainingPreset.named("paper-disentangle")
    #expect(clusters.objective.name == .released && clusters.objective.positions == [.last])
    #expect(clusters.objective.contrastive == .infonce && clusters.objective.klWeight == 1)
    // Four GPUs with 8 pairs each, contrasted 8 by 8.
    #expect(clusters.batch == 64 && clusters.objective.group == 16 && clusters.retainBatch == 32)
    #expect(clusters.schedule == .constant && clusters.learningRate == 1e-4)
    #expect(clusters.rowMix == [0.75, 0.125, 0.125] && clusters.maxTokens == 512)
    let detox = try TrainingPreset.named("paper-detox")
    #expect(detox.objective.positions == [.promptEnd, .last] && detox.objective.klWeight == 0)
    #expect(detox.objective.contrastive == .infonce && detox.rowsPerConcept == 8000)
    var other = try TrainingPreset.named("paper-detox-nt")
    #expect(other.objective.contrastive == .ntXent)
    other.objective.contrastive = .infonce
    #expect(other == detox)
    // Block 25 of 32, counted from 0, is followed by layer 26.
    #expect(detox.objective.resolved(blocks: 32).layers == [26])
    #expect(detox.objective.resolved(blocks: 30).layers == [24])
  }

  /// Each row is drawn so many times.
  @Test func epochsAreCountedInRows() throws {
    var preset = TrainingPreset.standard
    preset.batch = 64
    try preset.count(rows: 1000)
    #expect(preset.steps == TrainingPreset.standard.steps)
    preset.epochs = 2
    try preset.count(rows: 1000)
    #expect(preset.steps == 32)
    try preset.count(rows: 960)
    #expect(preset.steps == 30)
  }

  /// Version 0.1 called today's `seer-pair` so, and wrote every key of an objective but no version.
  @Test func whatVersion01CalledNTXent() throws {
    let folder = try TemporaryFolder()
    let written = #"""
      {"objective": {"name": "nt-xent", "temperature": 0.1, "contrastive_weight": 1, "retain_weight": 0.004,
       "kl_weight": 4, "layers": [24], "positions": ["last", "mean"]}, "rank": 8}
      """#
    let path = try folder.write(written, to: "old.json")
    let preset = try TrainingPreset.named(path)
    #expect(preset.objective.name == .seerPair && preset.rank == 8)
    #expect(preset.objective.positions == [.last, .mean])
    // In a checkpoint's recipe, too.
    let recipe = try JSONDecoder().decode(TrainingPreset.self, from: Data(written.utf8))
    #expect(recipe.objective.name == .seerPair)
    // A file of today, and one of a few keys, mean what they say.
    var today = TrainingPreset.standard
    today.objective = today.objective.replaced(by: .ntXent)
    let again = try folder.write(Array(try JSONEncoder().encode(today)), to: "new.json")
    #expect(try TrainingPreset.named(again).objective.name == .ntXent)
    let short = try folder.write(#"{"objective": {"name": "nt-xent"}}"#, to: "short.json")
    #expect(try TrainingPreset.named(short).objective.name == .ntXent)
    let later = try folder.write(#"{"version": 3}"#, to: "later.json")
    let failure = try #require(thrownFailure { _ = try TrainingPreset.named(later) })
    failure.expect(file: later, place: "version", found: "3", wanted: "2", advice: "version")
  }

  @Test func layersAreNumbersOrShares() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      #"{"objective": {"layers": [3, "50%", "100%", "1%"]}}"#, to: "mine.json")
    let preset = try TrainingPreset.named(path)
    #expect(preset.objective.targets == [.layer(3), .share(0.5), .share(1), .share(0.01)])
    #expect(preset.objective.resolved(blocks: 6).layers == [3, 6, 1])
    for wrong in ["0%", "101%", "many", "-5%", "nan%"] {
      let path = try folder.write(#"{"objective": {"layers": ["\#(wrong)"]}}"#, to: "bad.json")
      let failure = try #require(thrownFailure { _ = try TrainingPreset.named(path) })
      failure.expect(file: path, place: "objective.layers", found: wrong, wanted: "80%")
    }
  }
}
