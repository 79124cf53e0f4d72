import Foundation
import SeerStudies
import SeerSupport

/// A readout as `seer compare --readout` prints it.
struct ReadoutResult: Encodable {
  /// The file of texts; nil where the runs' rows were read.
  let texts: String?
  let rows: Int
  let layers: [Layer]

  struct Layer: Encodable {
    let layer: Int
    /// Of the mean difference, alone and over the base's states.
    let length: Double
    let relativeLength: Double
    let top: [Token]
  }

  struct Token: Encodable {
    let token: String
    let id: Int32
    let probability: Double
  }

  init(_ readout: Readout, texts: String?) {
    self.texts = texts
    rows = readout.rows
    layers = readout.layers.map { layer in
      Layer(
        layer: layer.layer, length: layer.length, relativeLength: layer.relativeLength,
        top: layer.top.map {
          Token(
            token: readout.language.tokenizer.decode([$0.id]), id: $0.id,
            probability: $0.probability)
        })
    }
  }

  /// One line a layer.
  static func lines(_ readout: Readout) -> String {
    var lines = ["tuned less base, the mean of \(readout.rows) rows, by final norm and head"]
    for layer in readout.layers {
      let tokens = layer.top.prefix(6).map { entry in
        var json = JSONText()
        json.string(readout.language.tokenizer.decode([entry.id]))
        return "\(json.text) \(String(format: "%.2f", entry.probability))"
      }
      lines.append(
        "layer \(layer.layer)" + (layer.layer < 10 ? " " : "")
          + String(format: "  %5.1f %%  ", 100 * layer.relativeLength)
          + tokens.joined(separator: "  "))
    }
    return lines.joined(separator: "\n")
  }
}
