import Foundation
import SeerModels
import SeerSupport
import SeerTokenizers
import SeerTraining
import TestSupport
import Testing

/// What each kind of objective is given of the concept rows.
struct DrawnRowTests {
  func data(_ test: TinyTraining) throws -> TrainingData {
    try TrainingData(
      concepts: test.folder("concepts.csv"), retain: test.retain,
      renderer: RowRenderer(
        LanguageModel(Fixtures.tinyModel).tokenizer, template: .plain,
        maxTokens: test.preset.maxTokens), preset: test.preset, seed: test.seed)
  }

  static let safety = TinyTraining.concepts(names: ["bad", "safe", "worse_still"])

  /// Request and response, each at most as long as the limit, either alone in its share of the rows.
  @Test(arguments: [24, 3])
  func requestsAndResponses(limit: Int) throws {
    let test = try TinyTraining { preset in
      preset.objective = preset.objective.replaced(by: .released)
      preset.rowMix = [0.5, 0.25, 0.25]
      preset.maxTokens = limit
    }
    let data = try data(test)
    var counts = [0, 0, 0]
    for step in 0..<60 {
      for row in try data.batch(step: step, preset: test.preset).rows {
        let source = try #require(data.rows.first { $0.source == row.source })
        let whole = source.forms[3]
        let request = Array(whole.ids[...whole.promptEnd].prefix(limit))
        let response = Array(whole.ids[(whole.promptEnd + 1)...].prefix(limit))
        #expect(row.ids.count <= data.longestRow && row.request <= limit)
        #expect(row.ids.count - row.request <= limit)
        let parts = (Array(row.ids[..<row.request]), Array(row.ids[row.request...]))
        if source.response.isEmpty {
          #expect(parts.0 == request && parts.1.isEmpty)
        } else if parts.0.isEmpty {
          counts[2] += 1
          #expect(parts.1 == response)
        } else if parts.1.isEmpty {
          counts[1] += 1
          #expect(parts.0 == request)
        } else {
          counts[0] += 1
          #expect(parts == (request, response))
        }
      }
    }
    // The short limit leaves few rows a response.
    if limit > 3 { #expect(counts.allSatisfy { $0 > 30 } && counts[0] > counts[1], "\(counts)") }
  }

  /// In a chat the request ends with its turn, and the response has no end of its turn.
  @Test func turnsOfAChat() throws {
    let test = try TinyTraining { preset in
      preset.objective = preset.objective.replaced(by: .released)
      preset.rowMix = [1, 0, 0]
      preset.maxTokens = 60
    }
    let tokenizer = try LanguageModel(Fixtures.tinyModel).tokenizer
    let renderer = try RowRenderer(tokenizer, template: .chat, maxTokens: 60)
    let data = try TrainingData(
      concepts: test.folder("concepts.csv"), retain: test.retain, renderer: renderer,
      preset: test.preset, seed: 1)
    for row in try data.batch(step: 0, preset: test.preset).rows {
      let source = try #require(data.rows.first { $0.source == row.source })
      let whole = try renderer.render(prompt: source.prompt, response: source.response)
      #expect(row.request == whole.promptEnd + 1)
      let end = source.response.isEmpty ? row.request : whole.responseTokens.upperBound
      #expect(row.ids == Array(whole.ids[..<end]))
    }
  }

  /// The answer ends the row, whatever is cut, and says what the concept says.
  @Test(arguments: [RowTemplate.chat, .plain], [400, 0])
  func verdicts(template: RowTemplate, spare: Int) throws {
    let tokenizer = try LanguageModel(Fixtures.tinyModel).tokenizer
    let concepts = ["bad", "safe", "worse_still"]
    func row(_ limit: Int) throws -> Verdict.Row {
      try Verdict(
        concepts: concepts, file: "f.csv",
        renderer: RowRenderer(tokenizer, template: template, maxTokens: limit)
      ).row(
        prompt: "how do I read the sky", response: "you and the red green", concept: concepts[2])
    }
    let whole = try row(4000)
    let limit = spare > 0 ? whole.ids.count + spare : whole.ids.count - 7
    let verdict = try row(limit)
    #expect(verdict.ids.count == min(limit, whole.ids.count))
    #expect(verdict.answer.upperBound == verdict.ids.count)
    #expect(Array(verdict.ids[verdict.answer]) == Array(whole.ids[whole.answer]))
    let answer = tokenizer.decode(Array(verdict.ids[verdict.answer]))
    #expect(answer.contains("unsafe: worse still"))
    #expect(
      tokenizer.decode(Array(whole.ids[..<whole.answer.lowerBound]))
        .contains("you and the red green"))
    // Nothing but the end of the judged text is left off.
    let left = whole.ids.count - verdict.ids.count
    let kept = verdict.ids.indices.prefix { verdict.ids[$0] == whole.ids[$0] }.count
    #expect(Array(verdict.ids[kept...]) == Array(whole.ids[(kept + left)...]))
  }

  @Test func answersSayTheConcept() {
    #expect(Verdict.answer("safe") == "safe" && Verdict.answer("unsafe") == "unsafe")
    #expect(Verdict.answer("hate_speech") == "unsafe: hate speech")
  }

  @Test func fineTuningGetsAQuestionARow() throws {
    let test = try TinyTraining(concepts: Self.safety) { preset in
      preset.objective = preset.objective.replaced(by: .sft)
      preset.maxTokens = 400
    }
    let batch = try data(test).batch(step: 0, preset: test.preset)
    #expect(batch.verdicts.count == batch.rows.count)
    let none = try TinyTraining()
    #expect(try data(none).batch(step: 0, preset: none.preset).verdicts.isEmpty)
  }

  /// Rerouting draws rows of harmful concepts only, and knows how far the training is.
  @Test(arguments: [[], ["bad"], ["worse_still", "bad", "bad"]])
  func harmfulRowsOnly(names: [String]) throws {
    let test = try TinyTraining(concepts: Self.safety) { preset in
      preset.objective = preset.objective.replaced(by: .reroute)
      preset.objective.harmful = names
    }
    let data = try data(test)
    var seen: Set<String> = []
    for step in 0..<4 {
      let batch = try data.batch(step: step, preset: test.preset)
      seen.formUnion(batch.labels.map { data.concepts[$0] })
      #expect(batch.progress == Double(step + 1) / 5)
    }
    #expect(seen == (names == ["bad"] ? ["bad"] : ["bad", "worse_still"]))
  }

  @Test func atMostSoManyRowsOfAConcept() throws {
    let all = try TinyTraining()
    let whole = try data(all)
    let test = try TinyTraining { $0.rowsPerConcept = 3 }
    let capped = try data(test)
    #expect(capped.train.map(\.count) == [3, 3, 3])
    #expect(capped.heldOut == whole.heldOut)
    for (few, many) in zip(capped.train, whole.train) { #expect(Set(few).isSubset(of: many)) }
    #expect(try data(test).train == capped.train)
    let roomy = try TinyTraining { $0.rowsPerConcept = 100 }
    #expect(try data(roomy).train == whole.train)
  }

  /// An epoch draws every row that is trained on once.
  @Test func epochsMakeTheSteps() throws {
    let test = try TinyTraining {
      $0.epochs = 2
      $0.rowsPerConcept = 5
    }
    // 15 rows twice, 6 a step.
    #expect(try test.run().steps == 5)
    let preset = try JSONDecoder().decode(
      TrainingPreset.self, from: Data(try test.contents("adapter/preset.json")))
    #expect(preset.steps == 5 && preset.epochs == 2)
  }

  @Test func theAdapterSitsOnTheBlocksGiven() throws {
    let test = try TinyTraining {
      $0.loraLayers = [3, 1]
      $0.objective.shares = [0.5]
      $0.objective.layers = []
    }
    try test.run()
    let c = try LanguageModel(Fixtures.tinyModel).configuration
    let adapter = try AdapterFile.read(test.folder("adapter"), for: c)
    #expect(adapter.configuration.blocks == [0, 2])
    let preset = try JSONDecoder().decode(
      TrainingPreset.self, from: Data(try test.contents("adapter/preset.json")))
    #expect(preset.objective.layers == [2] && preset.loraLayers == [3, 1])
  }

  /// Adapter and clusters of every so many steps, the same when the training was stopped on the way.
  @Test func keptSteps() throws {
    let test = try TinyTraining { $0.keep = 2 }
    #expect(KeptSteps.all(in: test.folder("adapter")).isEmpty)
    try test.run()
    let folder = test.folder("adapter")
    #expect(KeptSteps.all(in: folder) == [2, 4])
    let states = try #require(try TrainingStates(KeptSteps.folder(of: 4, in: folder)))
    #expect(states.step == 4 && states.concepts == ["blue", "green", "red"])
    #expect(states.states.values != states.before.values)
    let c = try LanguageModel(Fixtures.tinyModel).configuration
    _ = try AdapterFile.read(KeptSteps.folder(of: 2, in: folder), for: c)
    let count = try test.checkpoints("counted")
    for stop in [count / 3, count / 2, count * 2 / 3] {
      let name = "stopped\(stop)"
      #expect(throws: Cancelled.self) { try test.run(name, stoppingAt: stop) }
      try test.run(name, resumes: true)
      for step in [2, 4] {
        for file in [TrainingStates.name, "adapter_model.safetensors"] {
          let kept = "kept/step-00000\(step)/\(file)"
          #expect(
            try test.contents("\(name)/\(kept)") == test.contents("adapter/\(kept)"),
            "\(kept), stopped at \(stop) of \(count)")
        }
      }
    }
    // Steps that are not judged are kept, too.
    let odd = try TinyTraining {
      $0.keep = 3
      $0.evaluateEvery = 5
    }
    try odd.run()
    #expect(KeptSteps.all(in: odd.folder("adapter")) == [3])
  }
}
