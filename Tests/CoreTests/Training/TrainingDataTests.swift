import Foundation
import SeerModels
import SeerTokenizers
import SeerTraining
import TestSupport
import Testing

/// What each step draws.
struct TrainingDataTests {
  func data(_ test: TinyTraining, seed: UInt64 = 1) throws -> TrainingData {
    let language = try LanguageModel(Fixtures.tinyModel)
    return try TrainingData(
      concepts: test.folder("concepts.csv"), retain: test.retain,
      renderer: RowRenderer(
        language.tokenizer, template: .plain, maxTokens: test.preset.maxTokens),
      preset: test.preset, seed: seed)
  }

  @Test(arguments: [3, 4, 5, 7, 8])
  func pairsAreTwoDifferentRowsOfOneConcept(rows: Int) throws {
    let test = try TinyTraining(concepts: TinyTraining.concepts(rows: rows + 2))
    for seed: UInt64 in 0..<4 {
      let data = try data(test, seed: seed)
      let heldOut = Set(data.heldOut)
      for step in 0..<60 {
        let batch = try data.batch(step: step, preset: test.preset)
        #expect(batch.rows.count == 6 && batch.labels.count == 6 && batch.retain.count == 2)
        for pair in stride(from: 0, to: 6, by: 2) {
          let (a, b) = (batch.rows[pair].source, batch.rows[pair + 1].source)
          #expect(a != b, "step \(step), seed \(seed)")
          #expect(data.rows[a].label == batch.labels[pair])
          #expect(data.rows[b].label == batch.labels[pair + 1])
          #expect(batch.labels[pair] == batch.labels[pair + 1])
          #expect(!heldOut.contains(a) && !heldOut.contains(b))
        }
      }
    }
  }

  @Test func conceptsAndRowsAreDrawnEquallyOften() throws {
    // Three times as many rows of one concept as of the others.
    var text = TinyTraining.concepts(rows: 10)
    for row in 0..<20 { text += "more \(row),,red\n" }
    let test = try TinyTraining(concepts: text)
    let data = try data(test)
    var perConcept = [Int](repeating: 0, count: 3)
    var perRow: [Int: Int] = [:]
    for step in 0..<240 {
      let batch = try data.batch(step: step, preset: test.preset)
      for (row, label) in zip(batch.rows, batch.labels) {
        perConcept[label] += 1
        perRow[row.source, default: 0] += 1
      }
    }
    #expect(perConcept == [480, 480, 480])
    for (label, members) in data.train.enumerated() {
      let fair = 480.0 / Double(members.count)
      for row in members {
        #expect(abs(Double(perRow[row] ?? 0) - fair) <= 0.15 * fair + 2, "concept \(label)")
      }
    }
  }

  @Test func aStepIsAFunctionOfSeedAndStep() throws {
    let test = try TinyTraining()
    func draws(_ data: TrainingData, _ step: Int) throws -> [[Int32]] {
      let batch = try data.batch(step: step, preset: test.preset)
      return batch.rows.map(\.ids) + batch.retain
    }
    let one = try data(test)
    let again = try data(test)
    let other = try data(test, seed: 2)
    for step in [7, 0, 3] { #expect(try draws(one, step) == draws(again, step)) }
    #expect(try draws(one, 0) != draws(one, 1))
    #expect(try draws(one, 0) != draws(other, 0))
  }

  @Test func formsAreMixedAsAsked() throws {
    let test = try TinyTraining { $0.rowMix = [0.75, 0.125, 0.125] }
    let data = try data(test)
    var counts = [0, 0, 0]
    var all = 0
    for step in 0..<400 {
      for row in try data.batch(step: step, preset: test.preset).rows {
        let forms = data.rows[row.source].forms.map(\.ids)
        // Rows with a response have three different forms.
        guard Set(forms).count == 3 else { continue }
        all += 1
        for (form, ids) in forms.enumerated() where ids == row.ids { counts[form] += 1 }
      }
    }
    for (count, share) in zip(counts, [0.75, 0.125, 0.125]) {
      let deviation = (share * (1 - share) / Double(all)).squareRoot()
      #expect(abs(Double(count) / Double(all) - share) <= 5 * deviation)
    }
  }

  @Test func croppedRowsAreBeginningsOfWholeOnes() throws {
    let test = try TinyTraining {
      $0.crop = 0.5
      $0.rowMix = [1, 0, 0]
    }
    let data = try data(test)
    var shortest = 1.0
    for step in 0..<200 {
      for row in try data.batch(step: step, preset: test.preset).rows {
        let source = try #require(data.rows.firstIndex { $0.source == row.source })
        let whole = data.rows[source].forms[0]
        #expect(row.ids == Array(whole.ids.prefix(row.ids.count)))
        #expect(row.spans[0] == row.ids.count - 1..<row.ids.count)
        let kept =
          Double(row.ids.count - whole.meanTokens.lowerBound)
          / Double(whole.meanTokens.count)
        #expect(kept > 0.5)
        shortest = min(shortest, kept)
      }
    }
    #expect(shortest < 0.7)
    // Held-out rows are judged whole.
    #expect(data.heldOut.allSatisfy { data.whole($0).ids == data.rows[$0].forms[0].ids })
  }

  @Test func recombinedRowsTakePromptAndResponseOfOneConcept() throws {
    let test = try TinyTraining {
      $0.recombine = 0.5
      $0.rowMix = [1, 0, 0]
    }
    let data = try data(test)
    let heldOut = Set(data.heldOut)
    let renderer = try RowRenderer(
      LanguageModel(Fixtures.tinyModel).tokenizer, template: .plain,
      maxTokens: test.preset.maxTokens)
    var whole = 0
    var mixed = 0
    for step in 0..<100 {
      for row in try data.batch(step: step, preset: test.preset).rows {
        let source = try #require(data.rows.first { $0.source == row.source })
        #expect(row.ids.count <= data.longestRow)
        if row.ids == source.forms[0].ids {
          whole += 1
          continue
        }
        mixed += 1
        let isOfOneConcept = try data.train[source.label].contains { index in
          try renderer.render(prompt: data.rows[index].prompt, response: source.response).ids
            == row.ids
        }
        #expect(isOfOneConcept && !heldOut.contains { data.rows[$0].source == row.source })
      }
    }
    #expect(whole > 100 && mixed > 50)
  }

  @Test func rowsMarkedTestAreLeftOut() throws {
    var text = "prompt,value,split\n"
    for row in 0..<12 {
      text += "p\(row),\(row % 2 == 0 ? "red" : "blue"),\(row < 8 ? "train" : "test")\n"
    }
    let test = try TinyTraining(concepts: text)
    let data = try data(test)
    let used = Set(data.train.joined()).union(data.heldOut).map { data.rows[$0].source }
    #expect(used.sorted() == Array(0..<8))
    #expect(Set(data.train.joined()).isDisjoint(with: data.heldOut))
  }

  /// Concepts that differ in bytes only are two.
  @Test func canonicallyEquivalentConceptsAreTwo() throws {
    let test = try TinyTraining(
      concepts: TinyTraining.concepts(names: ["\u{212B}", "\u{C5}", "red"]))
    let data = try data(test)
    #expect(data.concepts.count == 3)
    #expect(data.train.allSatisfy { $0.count >= 4 })
  }

  /// A response without a prompt is one form in all three places.
  @Test func aRowWithoutPromptIsItsResponse() throws {
    let test = try TinyTraining(
      concepts: TinyTraining.concepts() + ",only an answer,red\n"
    ) { $0.rowMix = [1, 1, 1] }
    let data = try data(test)
    let row = try #require(data.rows.last)
    #expect(row.forms[1].ids == row.forms[2].ids && !row.forms[1].ids.isEmpty)
    #expect(try test.run().steps == 5)
  }

  @Test func rowsLongerThanTheLimitAreCutWithANote() throws {
    var test = try TinyTraining()
    test.preset.maxTokens = 6
    let data = try data(test)
    #expect(data.rows.allSatisfy { $0.forms.allSatisfy { $0.ids.count <= 6 } })
    #expect(data.rows.allSatisfy { $0.forms.allSatisfy { $0.last < $0.ids.count } })
    #expect(data.retain.allSatisfy { $0.count <= 6 })
    #expect(data.notes.contains { $0.contains("cut at 6 tokens (--max-tokens)") })
  }
}
