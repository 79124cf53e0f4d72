import Foundation
import SeerModels
import SeerMonitor
import SeerSupport

/// How the lens of a token is printed.
struct LensText {
  let scorer: Scorer
  let lens: TokenLens

  /// In the chosen token's object.
  func write(token place: Int, _ json: inout JSONText) {
    if place == lens.token { write(&json) }
  }

  func write(_ json: inout JSONText) {
    json.name("lens")
    json.array { list in
      for (layer, top) in lens.layers.enumerated() {
        list.object { object in
          object.name("layer")
          object.integer(layer)
          write("top", top, &object)
          if let base = lens.base { write("base", base[layer], &object) }
        }
      }
    }
  }

  private func write(_ name: String, _ top: [LensToken], _ json: inout JSONText) {
    json.name(name)
    json.array { list in
      for entry in top {
        list.object { object in
          object.name("token")
          object.string(token(entry))
          object.name("id")
          object.integer(Int(entry.id))
          object.name("probability")
          object.number(entry.probability)
        }
      }
    }
  }

  /// A line a layer, the last one first: where the answer is made up is nearer to the end.
  var lines: String {
    var lines = ["", "What each layer would say after token \(lens.token):"]
    for (layer, top) in lens.layers.enumerated().reversed() {
      let base = lens.base.map { "  | base  " + row($0[layer]) } ?? ""
      lines.append("  layer \(layer)" + (layer < 10 ? "   " : "  ") + row(top) + base)
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ top: [LensToken]) -> String {
    top.map { "\(quoted(token($0))) \(String(format: "%.2f", $0.probability))" }
      .joined(separator: "  ")
  }

  private func token(_ entry: LensToken) -> String {
    scorer.language.tokenizer.decode([entry.id])
  }

  private func quoted(_ text: String) -> String {
    var json = JSONText()
    json.string(text)
    return json.text
  }
}
