import CKernels
import Foundation

/// The two forms in which models lie on disk.
enum WeightFormat: Sendable {
  case gguf
  case huggingFace
}

/// One tensor as it is stored, within a mapped file.
struct StoredTensor: Sendable {
  let type: BlockType
  /// Sizes with the outermost first.
  let shape: [Int]
  let file: MappedFile
  /// The tensor's bytes within the file, of which it has as many as type and shape ask for.
  let range: Range<Int>
}

/// Where an opened model's configuration and weights come from: a GGUF file, or a Hugging Face
/// folder with `config.json` and safetensors files.
///
/// A conformer says what is stored under which name; which names a model has is its family's
/// business (``ModelFamily``), and so are the checks of values and shapes.
protocol WeightSource: Sendable {
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
  /// A tensor by its stored name, with its ending (`.weight`, `.bias`).
  func tensor(_ name: String) -> StoredTensor?
  /// The stored names of all tensors, in any order.
  var tensorNames: [String] { get }
  func tokenizerDescription() throws(Failure) -> TokenizerDescription
  /// Everything about the tokenizer that cannot be done as the files say.
  func tokenizerProblems() -> [Failure]
}

extension WeightSource {
  /// The first thing that is wrong: files that name their tokenizer by a word have no more.
  func tokenizerProblems() -> [Failure] {
    do throws(Failure) {
      _ = try Tokenizer(tokenizerDescription())
      return []
    } catch {
      return [error]
    }
  }
}

/// Opens what lies at a path: a folder is Hugging Face's form, a file is GGUF or one of its parts.
///
/// - Parameter allowsOtherTypes: takes GGUF files with tensors that there is no reading of; they are
///   as if they were not there.
func openWeights(
  _ path: String, allowsOtherTypes: Bool = false
) throws(Failure) -> any WeightSource {
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
    return try HuggingFaceFolder(path: path)
  }
  if let parts = SplitGGUF.paths(of: path) {
    return try SplitGGUF(paths: parts, allowsOtherTypes: allowsOtherTypes)
  }
  return try GGUF(path: path, allowsOtherTypes: allowsOtherTypes)
}

extension GGUF: WeightSource {
  var path: String { file.path }
  var configurationPath: String { file.path }
  var filePaths: [String] { [file.path] }
  var format: WeightFormat { .gguf }

  func value(_ key: String) -> GGUFValue? { metadata[key] }

  func tensor(_ name: String) -> StoredTensor? {
    tensors[name].map {
      StoredTensor(type: $0.type, shape: $0.shape, file: file, range: $0.range)
    }
  }

  var tensorNames: [String] { Array(tensors.keys) }
}

// MARK: Typed look-ups; each failure names the key

extension WeightSource {
  func wrongKey(_ key: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: configurationPath, place: "key \(key)",
      found: value(key)?.kind ?? "no such key", wanted: wanted,
      advice: "The file is not a complete model: convert or download it again.")
  }

  func has(_ key: String) -> Bool { value(key) != nil }

  func integer(_ key: String) throws(Failure) -> Int {
    guard case .integer(let value)? = value(key) else { throw wrongKey(key, "an integer") }
    return value
  }

  /// An integer within a range that keeps every later product and allocation sensible.
  func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    let value = try integer(key)
    guard range.contains(value) else {
      throw wrongKey(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func real(_ key: String) throws(Failure) -> Double {
    switch value(key) {
    case .real(let value)? where value.isFinite: return value
    case .integer(let value)?: return Double(value)
    default: throw wrongKey(key, "a finite number")
    }
  }

  func positive(_ key: String) throws(Failure) -> Double {
    let value = try real(key)
    guard value > 0 else { throw wrongKey(key, "a number above 0") }
    return value
  }

  func bool(_ key: String) throws(Failure) -> Bool {
    guard case .bool(let value)? = value(key) else { throw wrongKey(key, "true or false") }
    return value
  }

  func string(_ key: String) throws(Failure) -> String {
    guard case .string(let value)? = value(key) else { throw wrongKey(key, "a string") }
    return value
  }

  func strings(_ key: String) throws(Failure) -> [String] {
    guard case .strings(let values)? = value(key) else {
      throw wrongKey(key, "an array of strings")
    }
    return values
  }

  func integers(_ key: String) throws(Failure) -> [Int] {
    guard case .integers(let values)? = value(key) else {
      throw wrongKey(key, "an array of integers")
    }
    return values
  }
}
