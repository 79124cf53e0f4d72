import ArgumentParser
import Foundation
import SeerModels
import SeerMonitor
import SeerSupport

extension Attribution: ExpressibleByArgument {}

/// How explanations are printed.
struct WhyText {
  let scorer: Scorer
  let text: ScoredText
  let attribution: Attribution
  let explanations: [ExplainedToken]

  /// A token's `why`, where it was explained.
  func write(token place: Int, _ json: inout JSONText) {
    guard let explained = explanations.first(where: { $0.why.token == place }) else { return }
    json.name("why")
    json.object { object in
      write(explained.why, &object)
      guard let base = explained.base else { return }
      object.name("base")
      object.object { write(base, &$0) }
    }
  }

  private func write(_ why: Explanation, _ json: inout JSONText) {
    json.name("concept")
    json.string(scorer.monitor.concepts[why.concept])
    json.name("layer")
    json.integer(why.layer)
    json.name("logit")
    json.number(why.logit)
    json.name("parts")
    json.array { list in
      for part in why.parts {
        list.object { object in
          object.name("block")
          object.integer(part.block)
          object.name("kind")
          object.string(part.kind.rawValue)
          object.name("head")
          if let head = part.head { object.integer(head) } else { object.raw("null") }
          object.name("value")
          object.number(part.value)
        }
      }
    }
    json.name("remainder")
    json.number(why.remainder)
    json.name("attribution")
    json.string(attribution.rawValue)
    json.name("earlier")
    json.array { list in
      for (index, value) in why.earlier.enumerated() {
        list.object { object in
          object.name("index")
          object.integer(index)
          object.name("value")
          object.number(value)
        }
      }
    }
    json.name("own")
    json.number(why.own ?? .nan)
  }

  // MARK: For people

  /// Parts and tokens that are listed of one token that was asked for, and of each of all.
  private var shown: Int { explanations.count == 1 ? 10 : 3 }

  var lines: String { explanations.map(lines).joined(separator: "\n") }

  private func lines(_ explained: ExplainedToken) -> String {
    let (why, base) = (explained.why, explained.base)
    let concept = VisibleText.line(scorer.monitor.concepts[why.concept])
    var lines = [
      "",
      "What wrote `\(concept)` into token \(why.token) (\(quoted(why.token))), layer \(why.layer): "
        + "logit \(figure(why.logit))" + (base.map { ", base \(figure($0.logit))" } ?? ""),
    ]
    let parts = why.strongest(shown)
    let most = parts.first.map { abs($0.value) } ?? 0
    for part in parts {
      let other = base.flatMap { base in
        base.parts.first { ($0.block, $0.kind, $0.head) == (part.block, part.kind, part.head) }
      }
      lines.append(line(name(part), part.value, other?.value, most: most))
    }
    let rest = why.parts.reduce(0) { $0 + $1.value } - parts.reduce(0) { $0 + $1.value }
    lines.append("  \(padded("\(why.parts.count - parts.count) other parts"))\(figure(rest))")
    lines.append("  \(padded("mean, biases, rounding"))\(figure(why.remainder))")
    if let base {
      lines.append("  What training changed most:")
      for (part, change) in changes(why, base).prefix(shown) {
        lines.append("  \(padded(name(part)))\(figure(change))")
      }
    }
    let earlier = why.earlier.indices.sorted { abs(why.earlier[$0]) > abs(why.earlier[$1]) }
    if !earlier.isEmpty { lines.append("  Earlier tokens, by \(attribution.rawValue):") }
    let top = earlier.first.map { abs(why.earlier[$0]) } ?? 0
    for place in earlier.prefix(shown) {
      lines.append(
        line("\(place) \(quoted(place))", why.earlier[place], base?.earlier[place], most: top))
    }
    if let own = why.own { lines.append("  \(padded("the token itself"))\(figure(own))") }
    return lines.joined(separator: "\n")
  }

  /// Parts with what tuned has more than base, the largest changes first.
  private func changes(_ why: Explanation, _ base: Explanation) -> [(PartValue, Double)] {
    zip(why.parts, base.parts).map { ($0, $0.value - $1.value) }.sorted { abs($0.1) > abs($1.1) }
  }

  private func line(_ name: String, _ value: Double, _ base: Double?, most: Double) -> String {
    let bar = String(repeating: "#", count: most > 0 ? Int((12 * abs(value) / most).rounded()) : 0)
    return "  \(padded(name))\(figure(value))  "
      + (base.map { "base \(figure($0))  " } ?? "") + bar
  }

  private func name(_ part: PartValue) -> String {
    switch part.kind {
    case .embedding: "embedding"
    case .attention: "block \(part.block), head \(part.head ?? 0)"
    case .feedForward: "block \(part.block), feed-forward"
    }
  }

  private func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 26 - text.count))
  }

  private func figure(_ value: Double) -> String { String(format: "%+8.3f", value) }

  private func quoted(_ place: Int) -> String {
    var json = JSONText()
    json.string(text.tokens[place].text)
    return json.text
  }
}
