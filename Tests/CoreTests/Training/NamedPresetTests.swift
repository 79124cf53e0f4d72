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
    try preset.check(configuration)
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
    var ntXent = TrainingPreset.verification(.ntXent)
    #expect(ntXent.objective.name == .ntXent)
    ntXent.objective.name = .seer
    #expect(ntXent == TrainingPreset.verification(.seer))
    let released = TrainingPreset.verification(.released)
    #expect(released.objective.contrastiveWeight == 10 && released.objective.name == .released)
  }
}
