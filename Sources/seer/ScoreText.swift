import Foundation
import SeerMonitor
import SeerSupport

/// How scores are printed: JSON for programs, a table for people.
struct ScoreText {
  let monitor: Monitor

  func writeConcepts(_ json: inout JSONText) {
    json.name("concepts")
    json.array { list in for concept in monitor.concepts { list.string(concept) } }
  }

  /// - Parameter more: adds what else is known of the token at a place.
  func writeTokens(
    _ tokens: [ScoredToken], _ json: inout JSONText,
    more: (Int, inout JSONText) -> Void = { _, _ in }
  ) {
    json.name("tokens")
    json.array { list in
      for (place, token) in tokens.enumerated() {
        list.object { object in
          object.name("id")
          object.integer(Int(token.id))
          object.name("text")
          object.string(token.text)
          writeScores(token.scores, &object)
          writeBase(token.base, &object)
          more(place, &object)
        }
      }
    }
  }

  func writeTurns(
    _ turns: [ScoredTurn], of tokens: [ScoredToken], _ json: inout JSONText
  ) {
    json.name("turns")
    json.array { list in
      for turn in turns {
        list.object { object in
          object.name("role")
          object.string(turn.role.rawValue)
          object.name("first")
          object.integer(turn.tokens.lowerBound)
          object.name("count")
          object.integer(turn.tokens.count)
          writeScores(turn.scores, &object)
          let words = tokens[withoutFirst(turn.tokens)].map(\.scores.scores)
          writeSequence(SequenceScores(mean: turn.scores.scores, tokens: words), &object)
          writeBase(turn.base, &object)
        }
      }
    }
  }

  /// A turn's scores in every way.
  func writeSequence(_ scores: SequenceScores, _ json: inout JSONText) {
    json.name("sequence")
    json.object { object in
      for way in SequenceScore.allCases {
        object.name(way.rawValue)
        object.array { list in for score in scores[way] { list.number(score) } }
      }
    }
  }

  /// The spans and turns that raised an alert.
  func writeAlerts(_ alerts: [Alert], _ tokens: [ScoredToken], _ json: inout JSONText) {
    json.name("alerts")
    json.array { list in
      for alert in alerts {
        list.object { object in
          object.name("concept")
          object.string(monitor.concepts[alert.concept])
          object.name("first")
          object.integer(alert.tokens.lowerBound)
          object.name("count")
          object.integer(alert.tokens.count)
          object.name("text")
          object.string(tokens[alert.tokens].map(\.text).joined())
          object.name("peak")
          object.number(alert.peak)
          guard case .turn(let way, let threshold, let rate) = alert.rule.limit else { return }
          object.name("by")
          object.string(way.rawValue)
          object.name("threshold")
          object.number(threshold)
          object.name("false_positive_rate")
          object.number(rate)
        }
      }
    }
  }

  /// What the scores mean: layer, calibration, the band of random directions.
  func writeMonitor(_ json: inout JSONText, name: String = "monitor") {
    json.name(name)
    json.object { object in
      object.name("layer")
      object.integer(monitor.layer)
      object.name("reader")
      object.string(monitor.reader.rawValue)
      object.name("temperature")
      object.number(monitor.cosineTemperature)
      if monitor.probe != nil {
        object.name("probe_temperature")
        object.number(monitor.calibration.temperature)
      }
      object.name("calibrated_on")
      object.string(monitor.isMeasured ? "tokens" : "rows")
      object.name("expected_calibration_error")
      object.number(monitor.calibration.expectedError)
      object.name("accuracy")
      object.number(monitor.calibration.accuracy)
      object.name("held_out_rows")
      object.integer(monitor.calibration.rows)
      object.name("unknown_below")
      object.number(monitor.unknownBelow)
      object.name("random_low")
      object.number(monitor.randomBand.lowerBound)
      object.name("random_high")
      object.number(monitor.randomBand.upperBound)
    }
  }

  /// What the model without its adapter has, beside.
  private func writeBase(_ scores: ConceptScores?, _ json: inout JSONText) {
    guard let scores else { return }
    json.name("base")
    json.object { writeScores(scores, &$0) }
  }

  func writeScores(_ scores: ConceptScores, _ json: inout JSONText) {
    json.name("scores")
    json.array { list in for score in scores.scores { list.number(score) } }
    json.name("top")
    json.string(monitor.top(scores))
    json.name("cosine")
    json.number(scores.cosine)
  }

  // MARK: For people

  /// One line a token, one a turn, and what the monitor is made of.
  func table(_ text: ScoredText) -> String {
    var lines = text.tokens.map { line($0) }
    if text.tokens.first?.base != nil { lines.insert(heading, at: 0) }
    for turn in text.turns {
      lines.append(
        "\(columns(turn.scores, turn.base))  (\(turn.role.rawValue), \(turn.tokens.count) tokens)")
    }
    let calibration = monitor.calibration
    lines.append(
      "layer \(monitor.layer): expected calibration error "
        + "\(Report.rounded(calibration.expectedError, 3)), accuracy "
        + "\(Report.rounded(calibration.accuracy, 3)) on \(calibration.rows) held-out \(monitor.isMeasured ? "tokens" : "rows"); "
        + "random directions' cosines \(Report.rounded(Double(monitor.randomBand.lowerBound), 2))"
        + " to \(Report.rounded(Double(monitor.randomBand.upperBound), 2)); "
        + "read by \(monitor.reader == .probe ? "a probe" : "prototypes")" + halfLife)
    return lines.joined(separator: "\n")
  }

  /// Where tokens are read with those before them, over how many.
  private var halfLife: String {
    let tokens = monitor.smoothing.halfLife
    guard tokens > 0 else { return "" }
    let rounded = Report.rounded(tokens, 0)
    return
      ", each token with those before it in its turn (half-life \(rounded) token\(tokens == 1 ? "" : "s"))"
  }

  /// Score, concept and cosine before the token's text.
  func line(_ token: ScoredToken) -> String {
    "\(columns(token.scores, token.base))  \(quoted(token.text))"
  }

  func line(_ alert: Alert, _ tokens: [ScoredToken]) -> String {
    let concept = VisibleText.line(monitor.concepts[alert.concept])
    let peak = Report.rounded(Double(alert.peak), 2)
    let span = quoted(tokens[alert.tokens].map(\.text).joined())
    guard case .turn(let way, let threshold, let rate) = alert.rule.limit else {
      return "alert: \(concept) up to \(peak) in \(span)"
    }
    return
      "alert: \(concept) \(peak) (\(way)), at or above \(Report.rounded(Double(threshold), 2)), "
      + "which \(Report.rounded(100 * rate, 2)) % of other turns reach: \(span)"
  }

  /// Above both sides' columns.
  private var heading: String {
    let side = 4 + 2 + nameWidth + 2 + 5
    return "tuned".padding(toLength: side, withPad: " ", startingAt: 0) + "  | base"
  }

  private var nameWidth: Int {
    (monitor.concepts + [Monitor.unknown]).map { VisibleText.line($0).count }.max() ?? 0
  }

  private func columns(_ scores: ConceptScores, _ base: ConceptScores?) -> String {
    columns(scores) + (base.map { "  | \(columns($0))" } ?? "")
  }

  private func columns(_ scores: ConceptScores) -> String {
    let width = nameWidth
    let top = VisibleText.line(monitor.top(scores))
    let padded = top + String(repeating: " ", count: max(0, width - top.count))
    let cosine = String(format: "%5.2f", scores.cosine)
    return "\(String(format: "%.2f", scores.scores[scores.best]))  \(padded)  \(cosine)"
  }

  private func quoted(_ text: String) -> String {
    var json = JSONText()
    json.string(text)
    return json.text
  }
}
