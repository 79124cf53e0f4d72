import ArgumentParser
import SeerMonitor
import SeerSupport

extension SequenceScore: ExpressibleByArgument {}
extension MonitorReader: ExpressibleByArgument {}

/// A concept with the score that raises an alert, or with a rate of false positives:
/// `violence=0.5`, `violence@1%`.
struct AlertArgument: ExpressibleByArgument {
  enum Limit: Equatable {
    case score(Float)
    /// A share.
    case rate(Double)
  }

  let argument: String
  let concept: String
  /// Nil where it cannot be read.
  let limit: Limit?

  init?(argument: String) {
    self.argument = argument
    // Names may have either sign in them: the last one counts.
    if argument.hasSuffix("%"), let sign = argument.lastIndex(of: "@") {
      concept = String(argument[..<sign])
      let rate = Double(argument[argument.index(after: sign)...].dropLast())
      limit = rate.flatMap { $0 > 0 && $0 < 100 ? .rate($0 / 100) : nil }
    } else {
      let sign = argument.lastIndex(of: "=") ?? argument.endIndex
      concept = String(argument[..<sign])
      let score = Float(argument[sign...].dropFirst())
      limit = score.flatMap { $0 > 0 && $0 <= 1 ? .score($0) : nil }
    }
  }
}

/// What raises alerts.
struct AlertArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "List the spans in which a concept reaches a score (violence=0.5), or the turns whose score "
        + "that share of other turns reaches at the most (violence@1%).",
      valueName: "concept=score|concept@rate%"))
  var alert: [AlertArgument] = []
  @Option(help: "What a turn's score is, for alerts at a rate (default: that of its mean state).")
  var alertBy: SequenceScore?

  func validate() throws {
    for entry in alert where entry.limit == nil || entry.concept.isEmpty {
      throw ValidationError(
        "--alert: found \(entry.argument), wanted CONCEPT=SCORE with a score up to 1, or "
          + "CONCEPT@RATE% with a rate below 100.")
    }
    guard
      alertBy == nil || alert.contains(where: { if case .rate = $0.limit { true } else { false } })
    else {
      throw ValidationError("--alert-by: found no --alert CONCEPT@RATE%, which it belongs to.")
    }
  }

  /// Fails where the monitor does not know a concept, or has nothing to take a threshold from.
  func rules(_ monitor: Monitor) throws(Failure) -> [AlertRule] {
    var rules: [AlertRule] = []
    for entry in alert {
      switch entry.limit {
      case .score(let score): rules.append(try monitor.rule(entry.concept, score: score))
      case .rate(let rate):
        rules.append(try monitor.rule(entry.concept, rate: rate, by: alertBy))
      case nil: break
      }
    }
    return rules
  }
}
