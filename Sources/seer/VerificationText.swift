import Foundation
import SeerMonitor
import SeerSupport

/// How a verification is printed.
struct VerificationText {
  let scorer: Scorer
  let text: ScoredText
  let verification: Verification

  func write(_ json: inout JSONText) {
    let ablation = verification.ablation
    json.name("verify")
    json.object { object in
      object.name("concept")
      object.string(scorer.monitor.concepts[ablation.concept])
      object.name("token")
      object.integer(ablation.token)
      object.name("text")
      object.string(text.tokens[ablation.token].text)
      object.name("length")
      object.number(ablation.length)
      object.name("kl")
      write(ablation.divergence, &object)
      object.name("changes")
      object.array { list in
        for change in ablation.changes {
          list.object { entry in
            entry.name("id")
            entry.integer(Int(change.id))
            entry.name("text")
            entry.string(token(change.id))
            entry.name("before")
            entry.number(change.before)
            entry.name("after")
            entry.number(change.after)
          }
        }
      }
      object.name("later_layer")
      object.integer(ablation.laterLayer)
      if let later = ablation.later {
        object.name("later_scores")
        write(later, &object)
      }
      let curves = verification.curves
      object.name("deletion")
      write(curves.deleted, curves.deletion, curves.randomDeletion, &object)
      object.name("insertion")
      write(curves.inserted, curves.insertion, curves.randomInsertion, &object)
    }
  }

  private func write(_ effect: Ablation.Effect, _ json: inout JSONText) {
    json.object { object in
      object.name("removed")
      object.number(effect.removed)
      object.name("random_mean")
      object.number(effect.randomMean)
      object.name("random")
      object.array { list in for value in effect.random { list.number(value) } }
      object.name("p")
      object.number(effect.share)
    }
  }

  private func write(
    _ shares: [Double], _ scores: [Double], _ random: [Double], _ json: inout JSONText
  ) {
    json.object { object in
      for (name, values) in [("shares", shares), ("scores", scores), ("random", random)] {
        object.name(name)
        object.array { list in for value in values { list.number(value) } }
      }
    }
  }

  private func token(_ id: Int32) -> String { scorer.language.tokenizer.decode([id]) }

  var lines: String {
    let ablation = verification.ablation
    let concept = VisibleText.line(scorer.monitor.concepts[ablation.concept])
    func rounded(_ value: Double) -> String { Report.rounded(value, 4) }
    func row(_ values: [Double]) -> String {
      values.map { Report.rounded($0, 2) }.joined(separator: "  ")
    }
    var lines = [
      "",
      "Without `\(concept)` at token \(ablation.token) "
        + "(\(VisibleText.line(text.tokens[ablation.token].text))), layer \(scorer.monitor.layer):",
      "  next token: KL \(rounded(ablation.divergence.removed)), "
        + "random directions \(rounded(ablation.divergence.randomMean)), "
        + "p \(Report.rounded(ablation.divergence.share, 2))",
    ]
    if let later = ablation.later {
      lines.append(
        "  later tokens' score at layer \(ablation.laterLayer): \(rounded(later.removed)), "
          + "random directions \(rounded(later.randomMean)), "
          + "p \(Report.rounded(later.share, 2))")
    }
    for change in ablation.changes {
      var text = JSONText()
      text.string(token(change.id))
      lines.append("  \(rounded(change.before)) -> \(rounded(change.after))  \(text.text)")
    }
    let curves = verification.curves
    lines.append("Score while tokens are taken out, highest first: \(row(curves.deletion))")
    lines.append("                          in random order: \(row(curves.randomDeletion))")
    lines.append("Score while tokens are put in, highest first:  \(row(curves.insertion))")
    lines.append("                          in random order: \(row(curves.randomInsertion))")
    return lines.joined(separator: "\n")
  }
}
