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
