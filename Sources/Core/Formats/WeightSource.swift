import SeerSupport

/// The two forms in which models lie on disk.
package enum WeightFormat: Sendable {
  case gguf
  case huggingFace
}

/// One tensor as it is stored, within a mapped file.
package struct StoredTensor: Sendable {
  package let type: BlockType
  /// Sizes with the outermost first.
  package let shape: [Int]
  package let file: MappedFile
  /// The tensor's bytes within the file, of which it has as many as type and shape ask for.
  package let range: Range<Int>
  /// Where the type has its scales apart: as many as the shape asks for.
  package var scales: StoredScales?

  /// Bytes of the weights and of scales that lie apart.
  package var bytes: Int { range.count + (scales?.range.count ?? 0) }
}

/// Where an opened model's configuration and weights come from: a GGUF file, or a Hugging Face
/// folder with `config.json` and safetensors files.
///
/// A conformer says what is stored under which name; which names a model has is its family's
/// business (``ModelFamily``), and so are the checks of values and shapes.
package protocol WeightSource: Sendable {
  /// The file or folder.
  var path: String { get }
  var format: WeightFormat { get }
  /// The file that a message about the configuration names: the GGUF file, `config.json`.
  var configurationPath: String { get }
  /// Everything the model is read from, the configuration first.
  var filePaths: [String] { get }
  /// A value of the configuration: by GGUF's key, or by the names on the way into `config.json`
  /// joined by dots (`rope_scaling.factor`); nil where there is none, or null.
  func value(_ key: String) -> GGUFValue?
  /// Whether the configuration has this key with null for its value, which is not its absence.
  func isNull(_ key: String) -> Bool
  /// What a message calls a key.
  func shownName(_ key: String) -> String
  /// The names of the members of an object of the configuration; none where there is no object.
  func members(_ key: String) -> [String]
  /// A tensor by its stored name, with its ending (`.weight`, `.bias`).
  func tensor(_ name: String) -> StoredTensor?
  /// The stored names of all tensors, in any order.
  var tensorNames: [String] { get }
}

extension WeightSource {
  // GGUF's keys are flat, and none is null.
  package func isNull(_ key: String) -> Bool { false }
  package func members(_ key: String) -> [String] { [] }
  package func shownName(_ key: String) -> String { key }
}

extension GGUF: WeightSource {
  package var path: String { file.path }
  package var configurationPath: String { file.path }
  package var filePaths: [String] { [file.path] }
  package var format: WeightFormat { .gguf }

  package func value(_ key: String) -> GGUFValue? { metadata[key] }

  package func tensor(_ name: String) -> StoredTensor? {
    tensors[name].map {
      StoredTensor(type: $0.type, shape: $0.shape, file: file, range: $0.range)
    }
  }

  package var tensorNames: [String] { Array(tensors.keys) }
}

// MARK: Typed look-ups; each failure names the key

extension WeightSource {
  package func wrongKey(_ key: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: configurationPath, place: "key \(shownName(key))",
      found: value(key)?.kind ?? "no such key", wanted: wanted,
      advice: "The file is not a complete model: convert or download it again.")
  }

  /// A value that is as it should be and that there is no way of obeying.
  package func unsupported(_ key: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: configurationPath, place: "key \(shownName(key))",
      found: value(key)?.kind ?? "null", wanted: wanted,
      advice: "Anything else is not supported: use another model.")
  }

  package func has(_ key: String) -> Bool { value(key) != nil }

  package func integer(_ key: String) throws(Failure) -> Int {
    guard case .integer(let value)? = value(key) else { throw wrongKey(key, "an integer") }
    return value
  }

  /// An integer within a range that keeps every later product and allocation sensible.
  package func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    let value = try integer(key)
    guard range.contains(value) else {
      throw wrongKey(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  package func real(_ key: String) throws(Failure) -> Double {
    switch value(key) {
    case .real(let value)? where value.isFinite: return value
    case .integer(let value)?: return Double(value)
    default: throw wrongKey(key, "a finite number")
    }
  }

  package func positive(_ key: String) throws(Failure) -> Double {
    let value = try real(key)
    guard value > 0 else { throw wrongKey(key, "a number above 0") }
    return value
  }

  package func bool(_ key: String) throws(Failure) -> Bool {
    guard case .bool(let value)? = value(key) else { throw wrongKey(key, "true or false") }
    return value
  }

  package func string(_ key: String) throws(Failure) -> String {
    guard case .string(let value)? = value(key) else { throw wrongKey(key, "a string") }
    return value
  }

  package func strings(_ key: String) throws(Failure) -> [String] {
    guard case .strings(let values)? = value(key) else {
      throw wrongKey(key, "an array of strings")
    }
    return values
  }

  package func integers(_ key: String) throws(Failure) -> [Int] {
    guard case .integers(let values)? = value(key) else {
      throw wrongKey(key, "an array of integers")
    }
    return values
  }
}
