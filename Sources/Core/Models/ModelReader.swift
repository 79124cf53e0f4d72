import SeerFormats
import SeerSupport
import SeerTokenizers

/// A configuration value's names: GGUF's key after the architecture's prefix, and those in
/// `config.json`, of which the first that is there counts.
struct ModelKey {
  let gguf: String
  let huggingFace: [String]

  init(_ gguf: String, _ huggingFace: String...) {
    self.gguf = gguf
    self.huggingFace = huggingFace
  }
}

/// What is wrong with the tensors of a model that is only looked over.
package final class TensorProblems {
  package fileprivate(set) var all: [Failure] = []
}

/// Reads a model's keys and tensors by their names in either format, and checks them.
struct ModelReader {
  let source: any ModelSource
  /// `general.architecture` or `model_type`.
  let architecture: String
  let family: ModelFamily
  /// Takes what is wrong with single tensors, where all of it is asked for; else the first is thrown.
  var problems: TensorProblems?

  var format: WeightFormat { source.format }

  // MARK: Keys

  /// The stored name of a key: the first one that is there, or the first one to ask for.
  func name(_ key: ModelKey) -> String {
    switch format {
    case .gguf: architecture + "." + key.gguf
    case .huggingFace: key.huggingFace.first(where: source.has) ?? key.huggingFace.first ?? ""
    }
  }

  func has(_ key: ModelKey) -> Bool { source.has(name(key)) }

  func wrongKey(_ key: ModelKey, _ wanted: String) -> Failure {
    source.wrongKey(name(key), wanted)
  }

  func integer(_ key: ModelKey, in range: ClosedRange<Int>) throws(Failure) -> Int {
    try source.integer(name(key), in: range)
  }

  func positive(_ key: ModelKey) throws(Failure) -> Double { try source.positive(name(key)) }

  /// A number above 0, or the value of files that leave it out.
  func positive(_ key: ModelKey, default value: Double) throws(Failure) -> Double {
    has(key) ? try positive(key) : value
  }

  /// Throws where a key is there and is none of these strings.
  func require(_ key: ModelKey, oneOf values: String...) throws(Failure) {
    guard has(key), !values.contains(try string(key)) else { return }
    throw wrongKey(key, values.joined(separator: " or "))
  }

  func string(_ key: ModelKey) throws(Failure) -> String { try source.string(name(key)) }

  // MARK: Tensors

  /// The stored name of a tensor; `block` is the number that stands for `#`.
  func name(_ tensor: TensorName, block: Int? = nil, ending: String = ".weight") -> String {
    tensor.stored(format, block: block) + ending
  }

  /// Whether the first block has a bias beside this weight.
  func hasBias(_ tensor: TensorName) -> Bool { has(tensor, block: 0, ending: ".bias") }

  func has(_ tensor: TensorName, block: Int? = nil, ending: String = ".weight") -> Bool {
    source.tensor(name(tensor, block: block, ending: ending)) != nil
  }

  /// A tensor of the given shape, by its stored name; nil is one whose problem has been noted.
  private func noted(_ name: String, shape: [Int]) throws(Failure) -> StoredTensor? {
    do throws(Failure) {
      return try tensor(name, shape: shape)
    } catch {
      guard let problems else { throw error }
      problems.all.append(error)
      return nil
    }
  }

  private func tensor(_ name: String, shape: [Int]) throws(Failure) -> StoredTensor {
    guard let tensor = source.tensor(name) else { throw missing(name, shape: shape) }
    guard tensor.shape == shape else {
      throw Failure(
        .badData, file: tensor.file.path, place: "tensor \(name)", found: "shape \(tensor.shape)",
        wanted: "\(shape)", advice: "The file disagrees with its own keys: download it again.")
    }
    return tensor
  }

  private func missing(_ name: String, shape: [Int]) -> Failure {
    Failure(
      .badData, file: source.path, place: "tensor \(name)", found: "no such tensor",
      wanted: "one of shape \(shape)",
      advice: "The file is not a complete model: download it again.")
  }

  func matrix(
    _ tensorName: TensorName, block: Int? = nil, rows: Int, columns: Int,
    order: StoredMatrix.RowOrder = .asStored
  ) throws(Failure) -> StoredMatrix {
    let name = name(tensorName, block: block)
    guard let tensor = try noted(name, shape: [rows, columns]) else {
      guard let absent = StoredMatrix(absentOfRows: rows, columns: columns) else {
        throw missing(name, shape: [rows, columns])
      }
      return absent
    }
    return StoredMatrix(
      type: tensor.type, rows: rows, columns: columns, order: order, in: tensor.file,
      range: tensor.range)
  }

  /// A small vector, such as a norm's weights, as float32.
  func vector(
    _ tensorName: TensorName, block: Int? = nil, ending: String = ".weight", count: Int
  ) throws(Failure) -> [Float] {
    let name = name(tensorName, block: block, ending: ending)
    guard let tensor = try noted(name, shape: [count]) else {
      return [Float](repeating: 0, count: count)
    }
    let stored = StoredMatrix(
      type: tensor.type, rows: 1, columns: count, in: tensor.file, range: tensor.range)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { stored.expand(row: 0, into: base) }
      initialized = count
    }
  }

  /// The rows of the embeddings, which is the vocabulary's size.
  func rows(_ tensorName: TensorName) throws(Failure) -> Int {
    let name = name(tensorName)
    let tensor = source.tensor(name)
    guard let shape = tensor?.shape, shape.count == 2 else {
      throw Failure(
        .badData, file: source.path, place: "tensor \(name)",
        found: tensor == nil ? "no such tensor" : "a vector",
        wanted: "the (vocabulary, width) embeddings",
        advice: "The file is not a complete model: download it again.")
    }
    return shape[0]
  }
}
