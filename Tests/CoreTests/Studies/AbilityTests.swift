import Foundation
import SeerModels
import SeerStudies
import SeerSupport
import SeerTokenizers
import TestSupport
import Testing

struct AbilityTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    // In float32, so that short and long batches are computed alike.
    try folder.write(TinyLlama.builder(.f32).bytes, to: "model.gguf")
    try folder.write(
      "prompt,response\nIs the sky red?,Yes it is.\nYou and I,\nreading on the green,no 12\n",
      to: "texts.csv")
  }

  func evaluate(_ change: (inout AbilityEvaluation) -> Void = { _ in }) throws
    -> AbilityEvaluation.Figures
  {
    var evaluation = AbilityEvaluation(
      model: folder("model.gguf"), adapter: nil, texts: folder("texts.csv"))
    evaluation.template = .plain
    change(&evaluation)
    let job = evaluation
    return try Engine().submit("ability", priority: .map) { try job.run($0) }.wait()
  }

  /// The mean negative log-likelihood of next tokens, from logits of one row at a time.
  func likelihood(_ model: LanguageModel, _ rows: [[Int32]]) throws -> Double {
    var sum = 0.0
    var count = 0
    for ids in rows {
      let logits = try #require(
        try model.transformer.forward(
          Batch([ids]), request: ForwardRequest(logitsAt: Array(ids.indices.dropLast())),
          activations: model.activations(tokens: ids.count)
        ).logits)
      for place in 0..<ids.count - 1 {
        let row = logits.values(row: place).map(Double.init)
        sum -= row[Int(ids[place + 1])] - log(row.reduce(0) { $0 + exp($1) })
        count += 1
      }
    }
    return sum / Double(count)
  }

  @Test func perplexityIsThatOfTheTexts() throws {
    let figures = try evaluate()
    let model = try LanguageModel(folder("model.gguf"))
    let rows = ["Is the sky red?\nYes it is.", "You and I", "reading on the green\nno 12"]
      .map { model.tokenizer.encode($0) }
    #expect(figures.rows == 3 && figures.tokens == rows.reduce(0) { $0 + $1.count - 1 })
    let wanted = exp(try likelihood(model, rows))
    #expect(abs(figures.perplexityBase / wanted - 1) < 1e-3)
  }

  @Test func withoutAnAdapterNothingChanges() throws {
    let figures = try evaluate()
    #expect(figures.perplexityTuned == figures.perplexityBase)
    #expect(abs(figures.kl) < 1e-9 && figures.agreement == 1 && figures.choices == nil)
  }

  /// In a chat the tokens before the first turn are the same in every text and no one's.
  @Test func constantTextIsLeftOut() throws {
    let model = try LanguageModel(folder("model.gguf"))
    let renderer = try RowRenderer(model.tokenizer, template: .chat, maxTokens: 512)
    let constant = try renderer.constantText()
    let text = model.tokenizer.decode(constant)
    #expect(text.hasPrefix("<|im_start|>system\n") && text.hasSuffix("<|im_end|>\n"))
    #expect(!text.contains("user"))
    let rows = [
      ("Is the sky red?", "Yes it is."), ("You and I", ""), ("reading on the green", "no 12"),
    ]
    let ids = try rows.map { try renderer.render(prompt: $0.0, response: $0.1).ids }
    #expect(ids.allSatisfy { $0.starts(with: constant) })
    let all = try evaluate {
      $0.template = .chat
      $0.countsConstantText = true
    }
    #expect(all.tokens == ids.reduce(0) { $0 + $1.count - 1 } && all.constantTokens == 0)
    let own = try evaluate { $0.template = .chat }
    #expect(own.constantTokens == 3 * (constant.count - 1))
    #expect(own.tokens == all.tokens - 3 * (constant.count - 1))
    // By hand: the sum over all tokens less that over each text's constant ones.
    let sum = log(own.perplexityBase) * Double(own.tokens)
    let constants = try likelihood(model, [constant]) * Double(3 * (constant.count - 1))
    #expect(abs((sum + constants) / Double(all.tokens) - log(all.perplexityBase)) < 1e-4)
    // Plain text has none.
    let plain = try evaluate()
    #expect(try evaluate { $0.countsConstantText = true } == plain && plain.constantTokens == 0)
  }

  /// A row that is cut within the constant text has nothing to judge.
  @Test func aCutWithinTheConstantText() throws {
    let failure = try #require(
      thrownFailure {
        _ = try evaluate {
          $0.template = .chat
          $0.maxTokens = 4
        }
      })
    failure.expect(file: folder("texts.csv"), found: "no text of two tokens")
  }

  @Test func textsOfOneTokenAreRefused() throws {
    try folder.write("prompt\nI\n", to: "texts.csv")
    let failure = try #require(thrownFailure { _ = try evaluate() })
    failure.expect(file: folder("texts.csv"), found: "no text of two tokens")
  }

  // MARK: Multiple choice

  @Test(arguments: [
    ("\"[\"\"red\"\", \"\"blue\"\"]\"", "blue", 1), ("red | blue|green", "green", 2),
    ("red|blue", "A", 0), ("red|blue", "b", 1), ("red|blue", "1", 1), ("3|1|2", "1", 1),
  ])
  func questions(choices: String, answer: String, place: Int) throws {
    let path = try folder.write(
      "question,choices,answer\nWhich?,\(choices),\(answer)\n", to: "choices.csv")
    let questions = try MultipleChoice(contentsOf: path).questions
    #expect(questions.count == 1 && questions[0].answer == place)
    #expect(
      questions[0].choices.count >= 2 && questions[0].choices.allSatisfy { !$0.contains(" ") })
  }

  /// A number of JSON is an index, a text is a letter or a choice; the two may differ.
  @Test(arguments: [
    ("1", 1), ("0", 0), ("3.0", 3), ("\"1\"", 2), ("\"3\"", 1), ("\"A\"", 0), ("\"d\"", 3),
  ])
  func answersOfJSON(answer: String, place: Int) throws {
    for choices in [#"["2","3","1","0"]"#, "[2,3,1,0]", #""2|3|1|0""#] {
      let path = try folder.write(
        "{\"question\":\"1 + 2?\",\"choices\":\(choices),\"answer\":\(answer)}\n",
        to: "choices.jsonl")
      let questions = try MultipleChoice(contentsOf: path).questions
      #expect(questions.map(\.answer) == [place] && questions[0].choices == ["2", "3", "1", "0"])
    }
  }

  @Test(arguments: [("4", "the answer 4"), ("-1", "the answer -1"), ("0.5", "the answer 0.5")])
  func numbersThatAreNoIndex(answer: String, found: String) throws {
    let path = try folder.write(
      #"{"question":"Which?","choices":["4","-1","0.5"],"answer":\#(answer)}"#, to: "choices.jsonl")
    let failure = try #require(thrownFailure { _ = try MultipleChoice(contentsOf: path) })
    failure.expect(file: path, place: "line 1", found: found, wanted: "number of a choice, 0 to 2")
  }

  @Test(arguments: [
    ("question,choices,answer\nWhich?,red,red\n", "line 2", "1 choice"),
    ("question,choices,answer\nWhich?,red|,red\n", "line 2", "2 choices"),
    ("question,choices,answer\nWhich?,red|blue,green\n", "line 2", "the answer `green`"),
    ("question,choices,answer\nWhich?,red|blue,5\n", "line 2", "the answer `5`"),
    ("question,choices,answer\n,red|blue,A\n", "line 2", "no question"),
    ("question,answer\nWhich?,A\n", "header", "`question`, `answer`"),
  ])
  func badQuestions(text: String, place: String, found: String) throws {
    let path = try folder.write(text, to: "choices.csv")
    let failure = try #require(
      thrownFailure { _ = try MultipleChoice(contentsOf: path) })
    failure.expect(file: path, place: place, found: found)
  }

  @Test func theLikeliestChoiceIsTheAnswer() throws {
    let model = try LanguageModel(folder("model.gguf"))
    let choices = ["red", "you and I", "twelve", "on the green"]
    // By hand: the log-likelihood of each whole text, less that of the question's part.
    func score(_ choice: String) throws -> Double {
      let question = model.tokenizer.encode("the sky\n")
      let ids = model.tokenizer.encode("the sky\n" + choice)
      #expect(ids.starts(with: question))
      let logits = try #require(
        try model.transformer.forward(
          Batch([ids]), request: ForwardRequest(logitsAt: Array(ids.indices.dropLast())),
          activations: model.activations(tokens: ids.count)
        ).logits)
      return (question.count..<ids.count).reduce(0.0) { sum, place in
        let row = logits.values(row: place - 1).map(Double.init)
        return sum + row[Int(ids[place])] - log(row.reduce(0) { $0 + exp($1) })
      }
    }
    let scores = try choices.map(score)
    let best = try #require(choices.indices.max { scores[$0] < scores[$1] })
    let worst = try #require(choices.indices.min { scores[$0] < scores[$1] })
    try folder.write(
      "question,choices,answer\nthe sky,\(choices.joined(separator: "|")),\(best)\n"
        + "the sky,\(choices.joined(separator: "|")),\(worst)\n", to: "choices.csv")
    let figures = try evaluate { $0.choices = folder("choices.csv") }
    let result = try #require(figures.choices)
    #expect(result.questions == 2 && result.base.value == 0.5 && result.tuned.value == 0.5)
    #expect(result.mcnemar.exactP == 1)
  }
}
