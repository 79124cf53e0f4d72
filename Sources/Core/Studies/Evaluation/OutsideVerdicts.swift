import SeerAnalysis
import SeerSupport

/// Verdicts of a judge outside Seer: lines of JSON with `id`, as `set:row:model` in the answers file
/// (`harmful:0:base`), and `verdict`, `safe` or `unsafe`.
package struct OutsideVerdicts: Sendable {
  private struct Key: Hashable {
    let set: String
    let row: Int
    let model: String

    init(_ answer: Answer) { (set, row, model) = (answer.set, answer.row, answer.model) }

    init?(_ id: String) {
      let parts = id.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3, ["harmful", "safe"].contains(parts[0]), let row = Int(parts[1]),
        row >= 0, ["base", "tuned"].contains(parts[2])
      else { return nil }
      (set, self.row, model) = (parts[0], row, parts[2])
    }
  }

  private let file: String
  private var isUnsafe: [Key: Bool] = [:]

  /// Fails, naming the line, where one is no verdict or judges an answer again.
  package init(contentsOf path: String) throws(Failure) {
    file = path
    let table = try TextTable(contentsOf: path)
    let id = try table.requiredIndex(of: "id")
    let verdict = try table.requiredIndex(of: "verdict")
    for row in table.rows.indices {
      func failure(_ found: String, _ wanted: String) -> Failure {
        Failure(
          .badData, file: path, place: "line \(table.lines[row])", found: found, wanted: wanted)
      }
      let name = table.text(row: row, column: id) ?? ""
      guard let key = Key(name) else {
        throw failure("the id `\(name.prefix(60))`", "one like harmful:0:base, set, row and model")
      }
      let word = table.text(row: row, column: verdict) ?? ""
      guard ["safe", "unsafe"].contains(word) else {
        throw failure("the verdict `\(word.prefix(40))`", "safe or unsafe")
      }
      guard isUnsafe.updateValue(word == "unsafe", forKey: key) == nil else {
        throw failure("\(name) a second time", "one verdict an answer")
      }
    }
  }

  /// A verdict for each answer, nil where the file has none; notes what does not match.
  ///
  /// Fails where no verdict is of any of the answers.
  package func verdicts(
    of answers: [Answer], notes: inout [String]
  ) throws(Failure) -> [AnswerVerdict?] {
    let found = answers.map { isUnsafe[Key($0)] }
    let judged = found.count { $0 != nil }
    guard judged > 0 else {
      throw Failure(
        .badData, file: file, found: "\(isUnsafe.count) verdicts, none of these answers",
        wanted: "the ids of the answers file, set:row:model",
        advice: "Answer first, give the answers to the judge, then judge again.")
    }
    if judged < answers.count {
      notes.append(
        "\(file) has no verdict on \(answers.count - judged) of \(answers.count) answers.")
    }
    if judged < isUnsafe.count {
      notes.append("\(isUnsafe.count - judged) verdicts of \(file) are of no answer here.")
    }
    return found.map { isUnsafe in
      isUnsafe.map {
        AnswerVerdict(kind: $0 ? .unsafe : .safe, concept: $0 ? "unsafe" : AnswerMonitor.safe)
      }
    }
  }
}

/// What an outside judge says of the answers of both models.
package struct OutsideFigures: Equatable, Sendable, Codable {
  package var file: String
  package var answers: [MonitorFigures.Answers]
  package var pairs: [MonitorFigures.Pair]
}
