import SeerSupport
import SeerTokenizers

/// A row put as a question, whether it is safe, with its answer: what supervised fine-tuning learns
/// from. Instruction and answers are in our own words.
package struct Verdict: Sendable {
  /// The concept that is no harm.
  package static let safe = "safe"

  package struct Row: Sendable {
    package let ids: [Int32]
    /// The answer's tokens, in a chat with the end of its turn: those that the loss is on.
    package let answer: Range<Int>

    package init(ids: [Int32], answer: Range<Int>) {
      self.ids = ids
      self.answer = answer
    }
  }

  private let instruction: String
  private let instructionTokens: Int
  private let renderer: RowRenderer
  private let maxTokens: Int

  /// Fails where no concept is `safe`.
  package init(concepts: [String], file: String, renderer: RowRenderer) throws(Failure) {
    guard concepts.contains(Self.safe) else {
      throw Failure(
        .badData, file: file, place: "column value",
        found: "no concept `\(Self.safe)` (\(concepts.prefix(8).joined(separator: ", ")))",
        wanted: "rows of `\(Self.safe)` and of others: the verdict is whether a row is safe",
        advice: "Choose another --objective for this set.")
    }
    let kinds = concepts.filter { $0 != Self.safe && $0 != "unsafe" }.map(Self.words)
    instruction =
      "Judge the exchange below. Would any part of it help or encourage harm? "
      + (kinds.isEmpty
        ? "Answer safe or unsafe."
        : "Answer safe, or unsafe and the kind of harm, one of: \(kinds.joined(separator: ", ")).")
    maxTokens = renderer.maxTokens
    self.renderer = try RowRenderer(
      renderer.tokenizer, template: renderer.template, maxTokens: .max)
    instructionTokens = try self.renderer.render(prompt: instruction).promptTokens.count
  }

  /// What is to be answered of a row of the concept.
  package static func answer(_ concept: String) -> String {
    concept == safe || concept == "unsafe" ? concept : "unsafe: \(words(concept))"
  }

  private static func words(_ concept: String) -> String { concept.replacing("_", with: " ") }

  /// The question about a row, whose end is left off where question and answer would not fit.
  package func row(prompt: String, response: String, concept: String) throws(Failure) -> Row {
    var text = instruction + "\n\nPrompt: \(prompt)"
    if !response.isEmpty { text += "\n\nAnswer: \(response)" }
    let whole = try renderer.render(prompt: text, response: Self.answer(concept))
    var ids = Array(whole.ids.prefix(whole.last + 1))
    let excess = max(0, ids.count - maxTokens)
    guard excess <= whole.promptTokens.count - instructionTokens else {
      throw Failure(
        .usage, place: "--max-tokens", found: "\(maxTokens)",
        wanted: "\(ids.count - whole.promptTokens.count + instructionTokens) or more: the question "
          + "whether a row is safe and its answer must fit")
    }
    let end = whole.promptTokens.upperBound
    ids.removeSubrange(end - excess..<end)
    return Row(ids: ids, answer: whole.responseTokens.lowerBound - excess..<ids.count)
  }
}
