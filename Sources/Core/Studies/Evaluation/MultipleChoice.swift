import CKernels
import Foundation
import SeerAnalysis
import SeerModels
import SeerSupport
import SeerTokenizers

/// Questions with several answers to choose from.
///
/// A file has the columns `question`, `choices` and `answer`. `choices` is a JSON list of texts, or
/// texts with `|` between them; `answer` is the text of one of them, or its letter (`A` is the
/// first), or its number from 0. A number of JSON is always the number of a choice, since data sets
/// whose choices are numbers hold both.
package struct MultipleChoice: Equatable, Sendable {
  package struct Question: Equatable, Sendable {
    package var question: String
    package var choices: [String]
    /// The place of the right one.
    package var answer: Int
  }

  package var questions: [Question]

  /// Fails, naming the line, where a row is no question with two choices or more and an answer
  /// among them.
  package init(contentsOf path: String) throws(Failure) {
    let table = try TextTable(
      contentsOf: path, wanted: ["question", "choices", "answer"], lists: ["choices"])
    let columns = (
      question: try table.requiredIndex(of: "question"),
      choices: try table.requiredIndex(of: "choices"), answer: try table.requiredIndex(of: "answer")
    )
    questions = []
    for row in table.rows.indices {
      func failure(_ found: String, _ wanted: String) -> Failure {
        Failure(
          .badData, file: path, place: "line \(table.lines[row])", found: found, wanted: wanted)
      }
      guard let question = table.text(row: row, column: columns.question) else {
        throw failure("no question", "a text in `question`")
      }
      let choices = Self.choices(table.text(row: row, column: columns.choices) ?? "")
      guard choices.count >= 2, choices.allSatisfy({ !$0.isEmpty }) else {
        throw failure(
          "\(choices.count) choice\(choices.count == 1 ? "" : "s")",
          "two texts or more in `choices`, as a JSON list or with | between them")
      }
      let answer = table.text(row: row, column: columns.answer) ?? ""
      let isNumber = table.isNumber(row: row, column: columns.answer)
      guard let place = isNumber ? Self.place(Double(answer), choices) : Self.place(answer, choices)
      else {
        throw failure(
          "the answer \(isNumber ? String(answer) : "`\(answer.prefix(40))`")",
          isNumber
            ? "the number of a choice, 0 to \(choices.count - 1)"
            : "one of the choices, its letter or its number from 0")
      }
      questions.append(Question(question: question, choices: choices, answer: place))
    }
  }

  private static func choices(_ text: String) -> [String] {
    if text.hasPrefix("["),
      let list = try? JSONDecoder().decode([Choice].self, from: Data(text.utf8))
    {
      return list.map(\.text)
    }
    return text.split(separator: "|", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  /// A choice of a JSON list: a text, or a whole number.
  private struct Choice: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      text = try (try? value.decode(String.self)) ?? String(value.decode(Int.self))
    }
  }

  private static func place(_ number: Double?, _ choices: [String]) -> Int? {
    number.flatMap { Int(exactly: $0) }.flatMap { choices.indices.contains($0) ? $0 : nil }
  }

  private static func place(_ answer: String, _ choices: [String]) -> Int? {
    let answer = answer.trimmingCharacters(in: .whitespaces)
    if let place = choices.firstIndex(where: { $0.utf8.elementsEqual(answer.utf8) }) {
      return place
    }
    let bytes = Array(answer.utf8)
    let letter = bytes.count == 1 ? Int(bytes[0] & 0xDF) - 0x41 : -1
    if choices.indices.contains(letter) { return letter }
    return Int(answer).flatMap { choices.indices.contains($0) ? $0 : nil }
  }
}

/// How many questions are answered rightly when the likeliest choice counts as the answer.
package struct MultipleChoiceFigures: Equatable, Sendable, Codable {
  package var questions: Int
  /// By the likelihood of the whole choice.
  package var base: Estimate
  package var tuned: Estimate
  /// By the likelihood a byte, which does not favour short choices.
  package var basePerByte: Estimate
  package var tunedPerByte: Estimate
  /// Base against tuned, by whole choices.
  package var mcnemar: McNemar

  package init(
    base: ChoiceJudgement, tuned: ChoiceJudgement
  ) {
    func rate(_ right: [Bool]) -> Estimate {
      proportion(right.count { $0 }, of: right.count) ?? Estimate(value: 0, low: 0, high: 1)
    }
    questions = base.right.count
    self.base = rate(base.right)
    self.tuned = rate(tuned.right)
    basePerByte = rate(base.rightPerByte)
    tunedPerByte = rate(tuned.rightPerByte)
    mcnemar = McNemar(first: base.right, second: tuned.right)
  }
}

/// Which questions a model answers rightly.
package struct ChoiceJudgement: Equatable {
  package var right: [Bool] = []
  var rightPerByte: [Bool] = []
}

extension MultipleChoice {
  /// Judges a model by the log-likelihood of each choice as the response to its question.
  ///
  /// Fails where a choice has no token of its own left within the renderer's limit.
  package func judge(
    _ language: LanguageModel, _ adapter: Adapter?, _ renderer: RowRenderer, file: String,
    checkpoint: () throws -> Void, report: (_ questions: Int) -> Void
  ) throws -> ChoiceJudgement {
    var judgement = ChoiceJudgement()
    for (index, question) in questions.enumerated() {
      let rows = try question.choices.map { choice throws(Failure) in
        let row = try renderer.render(prompt: question.question, response: choice)
        guard !row.isCut, !row.responseTokens.isEmpty, row.responseTokens.lowerBound > 0 else {
          throw Failure(
            .badData, file: file, place: "question \(index)",
            found: "more than \(renderer.maxTokens) tokens",
            wanted: "question and choice within --max-tokens", advice: "Raise --max-tokens.")
        }
        return row
      }
      let sums = try likelihoods(rows, language, adapter, checkpoint)
      let bytes = question.choices.map { Double($0.utf8.count) }
      judgement.right.append(best(sums) == question.answer)
      judgement.rightPerByte.append(best(zip(sums, bytes).map { $0 / $1 }) == question.answer)
      report(index + 1)
    }
    return judgement
  }

  /// The first place of the largest value.
  private func best(_ values: [Double]) -> Int? {
    values.indices.max { (values[$0], $1) < (values[$1], $0) }
  }

  /// The log-likelihood of each row's response, in nats; a question's choices go in one batch.
  private func likelihoods(
    _ rows: [RenderedRow], _ language: LanguageModel, _ adapter: Adapter?,
    _ checkpoint: () throws -> Void
  ) throws -> [Double] {
    let batch = Batch(rows.map(\.ids))
    var places: [Int] = []
    var owners: [Int] = []
    for (index, row) in rows.enumerated() {
      let start = batch.rows[index].start
      // The token before predicts.
      places += row.responseTokens.map { start + $0 - 1 }
      owners += row.responseTokens.map { _ in index }
    }
    let result = try language.transformer.forward(
      batch, adapter: adapter, request: ForwardRequest(logitsAt: places),
      activations: language.activations(tokens: batch.tokens.count), checkpoint: checkpoint)
    var sums = [Double](repeating: 0, count: rows.count)
    guard let logits = result.logits else { return sums }
    for (index, place) in places.enumerated() {
      let values = logits.row(index)
      let token = Int(batch.tokens[place + 1])
      sums[owners[index]] += Double(values[token] - sk_log_sum_exp(values, logits.columns))
    }
    return sums
  }
}
