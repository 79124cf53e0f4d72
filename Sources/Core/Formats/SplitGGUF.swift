import Foundation
import SeerSupport

/// A model in several GGUF files, named `...-00001-of-00003.gguf` and so on: the keys are the
/// first one's, every tensor is in one of them.
package struct SplitGGUF: Sendable {
  package let parts: [GGUF]
  private let places: [String: Int]

  /// The paths of all parts, given that of one; nil where the name is not that of a part.
  package static func paths(of path: String) -> [String]? {
    let bytes = Array(path.utf8)
    let ending = Array(".gguf".utf8)
    // -00001-of-00003
    guard bytes.count > 20, bytes.suffix(5).elementsEqual(ending) else { return nil }
    let name = bytes[(bytes.count - 20)..<(bytes.count - 5)]
    let text = String(decoding: name, as: UTF8.self)
    let stem = String(decoding: bytes[..<(bytes.count - 20)], as: UTF8.self)
    let fields = text.split(separator: "-")
    guard text.hasPrefix("-"), fields.count == 3, fields[1] == "of", fields[0].utf8.count == 5,
      fields[2].utf8.count == 5, let number = Int(fields[0]), let count = Int(fields[2]),
      1...count ~= number
    else { return nil }
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }
    return (1...count).map { "\(stem)-\(digits($0))-of-\(digits(count)).gguf" }
  }

  package init(paths: [String], allowsOtherTypes: Bool = false) throws(Failure) {
    var parts: [GGUF] = []
    var places: [String: Int] = [:]
    for (index, path) in paths.enumerated() {
      guard FileManager.default.fileExists(atPath: path) else {
        throw Failure(
          .missingInput, file: path, found: "no such file",
          wanted: "part \(index + 1) of \(paths.count) of the model",
          advice: "Download the missing file.")
      }
      let part = try GGUF(path: path, allowsOtherTypes: allowsOtherTypes)
      for (key, wanted) in [("split.no", index), ("split.count", paths.count)] {
        guard try part.integer(key) == wanted else {
          throw part.wrongKey(key, "\(wanted), as its name says")
        }
      }
      for name in part.tensors.keys.sorted() {
        if let earlier = places.updateValue(index, forKey: name) {
          throw Failure(
            .badData, file: path, place: "tensor \(name)",
            found: "it in part \(earlier + 1) too", wanted: "each tensor in one part",
            advice: "The parts are of different models: download them again.")
        }
      }
      parts.append(part)
    }
    guard let first = parts.first else {
      throw Failure(.missingInput, found: "no files", wanted: "a GGUF model")
    }
    if first.has("split.tensors.count"),
      try first.integer("split.tensors.count")
        != places.count + parts.reduce(0, { $0 + $1.otherTypes.count })
    {
      throw first.wrongKey("split.tensors.count", "\(places.count), the tensors of all parts")
    }
    self.parts = parts
    self.places = places
  }
}

extension SplitGGUF: WeightSource {
  package var first: GGUF { parts[0] }
  package var path: String { first.path }
  package var format: WeightFormat { .gguf }
  package var configurationPath: String { first.path }
  package var filePaths: [String] { parts.map(\.path) }
  package func value(_ key: String) -> GGUFValue? { first.value(key) }
  package func tensor(_ name: String) -> StoredTensor? {
    places[name].flatMap { parts[$0].tensor(name) }
  }
  package var tensorNames: [String] { Array(places.keys) }
}
