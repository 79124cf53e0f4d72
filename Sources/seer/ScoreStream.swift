import Foundation
import SeerAnalysis
import SeerMonitor
import SeerSupport

/// Scores JSON Lines as they arrive: a JSON object a line, in order.
struct ScoreStream {
  let scorer: Scorer
  /// How a line becomes texts.
  let lines: ConceptLines
  let rules: [AlertRule]

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
      let arrived = ContinuousClock.now
      var numbers: [Int] = []
      var parsed: [Line] = []
      for line in lines {
        number += 1
        // As in every JSON Lines file we read, an empty line is no row.
        guard line.contains(where: { $0 > 0x20 }) else { continue }
        do throws(Failure) {
          let found = try parse(line, number)
          parsed += found
          numbers += found.map { _ in number }
        } catch {
          broken += 1
          report(error, line: number)
        }
      }
      try scorer.score(parsed.map(\.input), checkpoint: context.checkpoint) { index, result in
        switch result {
        case .success(let text): write(text, parsed[index], line: numbers[index], since: arrived)
        case .failure(let failure):
          broken += 1
          report(failure, line: numbers[index])
        }
      }
    }
    guard broken == 0 else {
      throw Failure(
        .badData, file: Self.name,
        found: "\(broken) line\(broken == 1 ? "" : "s") of \(number) that could not be scored",
        wanted: "only lines like {\"text\": \"...\"}",
        advice: "Each is named above; the others were scored.")
    }
  }

  private func report(_ failure: Failure, line: Int) {
    var failure = failure
    failure.file = Self.name
    // Which column it is stays said.
    let place = failure.place ?? ""
    failure.place =
      "line \(line)"
      + (place.firstIndex(of: "`") == nil ? "" : ", column " + place.drop { $0 != "`" })
    failure.advice = "Skipped."
    Report.note(failure.description)
  }

  private func write(
    _ text: ScoredText, _ line: Line, line number: Int, since arrived: ContinuousClock.Instant
  ) {
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
      printer.writeTurns(text.turns, of: text.tokens, &object)
      object.name("milliseconds")
      object.number((ContinuousClock.now - arrived) / .milliseconds(1))
      if !rules.isEmpty {
        printer.writeAlerts(scorer.alerts(text, rules), text.tokens, &object)
      }
    }
    Report.exact(json.text + "\n")
  }

  private func parse(_ bytes: [UInt8], _ number: Int) throws(Failure) -> [Line] {
    let rows = try lines.rows(bytes, file: Self.name, number: number)
    let id = RecordReader.member("id", of: bytes)
    return rows.map { Line(input: ScoringInput($0), id: id) }
  }

  private static let name = "standard input"
}
