import Foundation
import SeerModels
import SeerTraining
import TestSupport
import Testing

/// What every registered objective must have; a new one is tested by being registered.
struct ObjectivesTests {
  @Test func namesAreUniqueAndPlain() {
    let names = ObjectiveName.allCases.map(\.rawValue)
    // Published ones stay, in their order.
    #expect(names.starts(with: ["seer", "nt-xent", "released"]))
    #expect(Set(names).count == Objectives.all.count)
    for name in names {
      #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(name)")
      #expect(ObjectiveName(rawValue: name)?.kind.name.rawValue == name)
      #expect(TrainingPreset.names.contains("verify-" + name))
    }
    #expect(ObjectiveName(rawValue: "magic") == nil)
    let columns = Objectives.terms.map(\.column)
    #expect(Set(columns).count == columns.count && !columns.contains("total"))
  }

  @Test(arguments: ObjectiveName.allCases) func aPresetWithItIsRead(name: ObjectiveName) throws {
    var preset = TrainingPreset.standard
    preset.objective = preset.objective.replaced(by: name)
    #expect(preset.objective.name == name)
    #expect(preset.objective.layers == TrainingPreset.standard.objective.layers)
    for option in name.kind.options {
      #expect(option.range.contains(option.standard), "\(option.key)")
      preset.objective[option] = option.range.upperBound
    }
    let data = try JSONEncoder().encode(preset)
    #expect(try JSONDecoder().decode(TrainingPreset.self, from: data) == preset)
    // As a name and not as what holds it.
    #expect(String(decoding: data, as: UTF8.self).contains("\"name\":\"\(name.rawValue)\""))
  }

  @Test func anUnknownNameIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"objective": {"name": "magic"}}"#, to: "mine.json")
    #expect { try TrainingPreset.named(path) } throws: {
      "\($0)".contains("objective.name: found `magic`, wanted one of seer, nt-xent, released")
    }
  }

  /// The terms that it names are those that it fills, so that no column of a log stays empty.
  @Test(arguments: ObjectiveName.allCases) func aStepFillsItsTerms(name: ObjectiveName) throws {
    let test = try TinyTraining { preset in
      preset.objective = preset.objective.replaced(by: name)
      preset.steps = 1
    }
    var seen: LossTerms?
    try test.run { seen = $0.terms ?? seen }
    let terms = try #require(seen)
    #expect(terms.total.isFinite && terms.total > 0)
    #expect(terms[name.kind.terms[0]] > 0)
    let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(terms))
    let keys = try #require(written as? [String: Any]).keys.sorted()
    #expect(keys == (["total"] + name.kind.terms.map(\.column)).sorted())
  }
}
