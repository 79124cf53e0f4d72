import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns
import SeerTraining
import TestModels
import TestSupport
import Testing

/// What every registered objective must have; a new one is tested by being registered.
struct ObjectivesTests {
  @Test func namesAreUniqueAndPlain() {
    let names = ObjectiveName.allCases.map(\.rawValue)
    // Published ones stay, in their order.
    #expect(names.starts(with: ["seer", "infonce", "nt-xent", "seer-pair", "released"]))
    #expect(Set(names).count == Objectives.all.count)
    for name in names {
      #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || "-+".contains($0) }, "\(name)")
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
      "\($0)".contains("objective.name: found `magic`, wanted one of seer, infonce, nt-xent")
    }
  }

  /// Some judge whether a row is safe, and need the room for the question.
  private static func oneStep(of name: ObjectiveName) throws -> TinyTraining {
    try TinyTraining(concepts: TinyTraining.concepts(names: ["bad", "safe", "worse"])) { preset in
      preset.objective = preset.objective.replaced(by: name)
      preset.steps = 1
      preset.maxTokens = 400
    }
  }

  /// The terms that it names are those that it fills, so that no column of a log stays empty.
  @Test(arguments: ObjectiveName.allCases) func aStepFillsItsTerms(name: ObjectiveName) throws {
    let test = try Self.oneStep(of: name)
    var seen: LossTerms?
    try test.run { seen = $0.terms ?? seen }
    let terms = try #require(seen)
    #expect(terms.total.isFinite && terms.total > 0)
    #expect(terms[name.kind.terms[0]] > 0)
    let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(terms))
    let keys = try #require(written as? [String: Any]).keys.sorted()
    #expect(keys == (["total"] + name.kind.columns.map(\.column)).sorted())
    for figure in name.kind.figures { #expect(terms[figure] != 0, "\(figure.column)") }
  }

  /// No objective may be at rest where training starts: one step of Adam moves B by the rate.
  @Test(arguments: ObjectiveName.allCases) func itLeavesItsStart(name: ObjectiveName) throws {
    let rate = 5e-3
    var test = try Self.oneStep(of: name)
    test.preset.learningRate = rate
    test.preset.warmup = 0
    test.preset.average = 0
    test.preset.weightDecay = 0
    try test.run()
    let adapter = try AdapterFile.read(
      test.folder("adapter"), for: TinyLlama.model().configuration)
    let b = try #require(adapter.group(block: 0, .attentionOutput)?.b.first)
    let size = (0..<b.count).reduce(0.0) { $0 + Double(abs(b.elements[$1])) } / Double(b.count)
    #expect(size > rate / 2, "\(size)")
  }

  /// What it does not read is refused in a file and by the command, with the reason.
  @Test(arguments: ObjectiveName.allCases) func whatItDoesNotReadIsRefused(name: ObjectiveName)
    throws
  {
    let folder = try TemporaryFolder()
    for field in ObjectiveField.allCases {
      let text =
        #"{"version": 2, "objective": {"name": "\#(name.rawValue)", "\#(field.rawValue)": \#(Self.value(field))}}"#
      let path = try folder.write(text, to: "mine.json")
      if name.kind.reads.contains(field) {
        #expect(try TrainingPreset.named(path).objective.name == name)
        continue
      }
      let failure = try #require(thrownFailure { _ = try TrainingPreset.named(path) })
      failure.expect(
        file: path, place: "objective.\(field.rawValue)", found: "does not read (",
        wanted: "of an objective's weights", advice: "Leave it out")
      #expect(failure.found.contains(name.rawValue))
      field.unread(by: name).expect(
        .usage, place: field.option, found: "does not read", wanted: "of an objective's weights")
    }
  }

  private static func value(_ field: ObjectiveField) -> String {
    switch field {
    case .positions: #"["last"]"#
    case .contrastive: #""infonce""#
    case .harmful: #"["bad"]"#
    case .group: "4"
    default: "0.5"
    }
  }

  /// The loss's change along a direction is what its gradient says, for every objective there is.
  @Test(arguments: ObjectiveName.allCases) func gradientsAreSlopes(name: ObjectiveName) throws {
    let golden = try TrainingGolden.load()
    let model = try TinyLlama.model()
    let c = model.configuration
    var objective = Objective(layers: [2, 3]).replaced(by: name)
    if name.kind.reads.contains(.positions) { objective.positions = [.promptEnd, .last] }
    var batch = golden.batch(objective.positions)
    batch.rows = batch.rows.map {
      TrainingRow(ids: $0.ids, spans: $0.spans, request: $0.ids.count / 2, source: $0.source)
    }
    batch.verdicts = batch.rows.map {
      Verdict.Row(ids: $0.ids, answer: $0.ids.count - 2..<$0.ids.count)
    }
    batch.progress = 0.6
    let start = try golden.adapter("start", layers: [3], in: TrainingGolden.tensors(), c)
    let ours = try ComputedLoss(model, objective, batch, start, pad: golden.pad)
    var random = SeededGenerator(seed: 17)
    for _ in 0..<3 {
      let direction = Adapter(zeros: start.configuration, c)
      for matrix in direction.parameters {
        for index in 0..<matrix.count { matrix.elements[index] = random.normal() * 0.02 }
      }
      func total(_ step: Float) throws -> Double {
        let moved = Adapter(zeros: start.configuration, c)
        for ((to, from), along) in zip(
          zip(moved.parameters, start.parameters), direction.parameters)
        {
          for index in 0..<to.count {
            to.elements[index] = from.elements[index] + step * along.elements[index]
          }
        }
        return try ComputedLoss(model, objective, batch, moved, pad: golden.pad).terms.total
      }
      let slope = try 4 * (total(0.125) - total(-0.125))
      var expected = 0.0
      var size = 0.0
      for (gradient, along) in zip(ours.gradients.parameters, direction.parameters) {
        for index in 0..<gradient.count {
          let part = Double(gradient.elements[index]) * Double(along.elements[index])
          expected += part
          size += part * part
        }
      }
      // The third derivative, and sums in float32.
      #expect(abs(slope - expected) <= 0.03 * abs(expected) + 0.05 * size.squareRoot())
    }
  }
}
