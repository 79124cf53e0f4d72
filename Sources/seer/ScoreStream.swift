import Foundation
import SeerMonitor
import SeerSupport

/// Scores JSON Lines as they arrive: a JSON object a line, in order.
struct ScoreStream {
  let scorer: Scorer
  /// Concepts with the score that raises an alert.
  let thresholds: [(concept: Int, score: Float)]

  /// Bytes of lines taken at a time, where that many wait: several batches of tokens.
  private static let chunk = 1 << 18

  private struct Line {
    var input: ScoringInput
    /// The line's `id` as JSON.
    var id: String?
  }

  /// Reads to the end; throws, at the end, where lines were skipped.
  func run(_ descriptor: Int32, _ context: JobContext) throws {
    var source = LineSource(descriptor)
    var number = 0
    var broken = 0
    while true {
      let lines = try source.next(bytes: Self.chunk, checkpoint: context.checkpoint)
      if lines.isEmpty { break }
      var numbers: [Int] = []
      var parsed: [Line] = []
      for line in lines {
        number += 1
        // As in every JSON Lines file we read, an empty line is no row.
        guard line.contains(where: { $0 > 0x20 }) else { continue }
        do throws(Failure) {
          parsed.append(try Self.parse(line))
          numbers.append(number)
        } catch {
          broken += 1
          report(error, line: number)
        }
      }
      try scorer.score(parsed.map(\.input), checkpoint: context.checkpoint) { index, result in
        switch result {
        case .success(let text): write(text, parsed[index], line: numbers[index])
        case .failure(let failure):
          broken += 1
          report(failure, line: numbers[index])
        }
      }
    }
    guard broken == 0 else {
      throw Failure(
        .badData, file: "standard input",
        found: "\(broken) line\(broken == 1 ? "" : "s") of \(number) that could not be scored",
        wanted: "only lines like {\"text\": \"...\"}",
        advice: "Each is named above; the others were scored.")
    }
  }

  private func report(_ failure: Failure, line: Int) {
    var failure = failure
    failure.file = "standard input"
    failure.place = "line \(line)"
    failure.advice = "Skipped."
    Report.note(failure.description)
  }

  private func write(_ text: ScoredText, _ line: Line, line number: Int) {
    let printer = ScoreText(monitor: scorer.monitor)
    var json = JSONText()
    json.object { object in
      object.name("line")
      object.integer(number)
      if let id = line.id {
        object.name("id")
        object.raw(id)
      }
      printer.writeConcepts(&object)
      printer.writeTokens(text.tokens, &object)
      printer.writeTurns(text.turns, &object)
      if !thresholds.isEmpty {
        printer.writeAlerts(scorer.alerts(text, thresholds), text, &object)
      }
    }
    Report.line(json.text)
  }

  private static func parse(_ bytes: [UInt8]) throws(Failure) -> Line {
    func failure(_ found: String) -> Failure {
      Failure(.badData, found: found, wanted: "one JSON object, such as {\"text\": \"...\"}")
    }
    guard
      let value = try? JSONSerialization.jsonObject(
        with: Data(bytes), options: .fragmentsAllowed)
    else { throw failure("no valid JSON") }
    guard let object = value as? [String: Any] else { throw failure("JSON that is no object") }
    guard let prompt = (object["text"] ?? object["prompt"]) as? String else {
      throw failure("no `text` and no `prompt`")
    }
    let response = object["response"]
    guard response == nil || response is String || response is NSNull else {
      throw failure("a `response` that is no text")
    }
    let id = try? object["id"].map {
      try JSONSerialization.data(withJSONObject: $0, options: .fragmentsAllowed)
    }
    return Line(
      input: ScoringInput(prompt: prompt, response: response as? String),
      id: id.map { String(decoding: $0, as: UTF8.self) })
  }
}
