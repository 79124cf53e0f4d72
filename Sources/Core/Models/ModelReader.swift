import SeerFormats
import SeerSupport
import SeerTokenizers

/// A configuration value's names: GGUF's key after the architecture's prefix, and those in
/// `config.json`, of which the first that is there counts.
struct ModelKey: Sendable {
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

  func unsupported(_ key: ModelKey, _ wanted: String) -> Failure {
    source.unsupported(name(key), wanted)
  }

  /// An integer; in GGUF also an array of one for each block, which have to be the same.
  func integer(_ key: ModelKey, in range: ClosedRange<Int>) throws(Failure) -> Int {
    let name = name(key)
    guard format == .gguf, case .integers(let values)? = source.value(name),
      let first = values.first
    else { return try source.integer(name, in: range) }
    let blocks = self.name(SizeKeys().blocks)
    guard try source.integer(blocks) == values.count else {
      throw source.wrongKey(name, "one for each block")
    }
    guard values.allSatisfy({ $0 == first }) else {
      throw source.unsupported(name, "the same number for all blocks")
    }
    guard range.contains(first) else {
      throw source.wrongKey(name, "integers from \(range.lowerBound) to \(range.upperBound)")
    }
    return first
  }

  func real(_ key: ModelKey) throws(Failure) -> Double { try source.real(name(key)) }

  /// A switch, or what it is in files that leave it out.
  func flag(_ key: ModelKey, default value: Bool) throws(Failure) -> Bool {
    try has(key) ? source.bool(name(key)) : value
  }

  func positive(_ key: ModelKey) throws(Failure) -> Double { try source.positive(name(key)) }

  /// A number above 0, or the value of files that leave it out.
  func positive(_ key: ModelKey, default value: Double) throws(Failure) -> Double {
    has(key) ? try positive(key) : value
  }

  func string(_ key: ModelKey) throws(Failure) -> String { try source.string(name(key)) }

  // MARK: Tensors

  /// The stored name of a tensor; `block` is the number that stands for `#`.
  func name(_ tensor: TensorName, block: Int? = nil, ending: String = ".weight") -> String {
    tensor.stored(format, block: block) + ending
  }

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
    try matrix(name(tensorName, block: block), [rows, columns], order: order)
  }

  /// A tensor by its stored name as a matrix whose columns are the innermost size.
  func matrix(
    _ name: String, _ shape: [Int], order: StoredMatrix.RowOrder = .asStored
  ) throws(Failure) -> StoredMatrix {
    let columns = shape.last ?? 0
    let rows = shape.dropLast().reduce(1, *)
    guard let tensor = try noted(name, shape: shape) else {
      guard let absent = StoredMatrix(absentOfRows: rows, columns: columns) else {
        throw missing(name, shape: shape)
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
    try vector(tensorName, block: block, ending: ending, shape: [count])
  }

  /// The same of another shape, row by row.
  func vector(
    _ tensorName: TensorName, block: Int? = nil, ending: String = ".weight", shape: [Int]
  ) throws(Failure) -> [Float] {
    try floats(name(tensorName, block: block, ending: ending), shape)
  }

  /// A small tensor by its stored name, row by row, as float32.
  func floats(_ name: String, _ shape: [Int]) throws(Failure) -> [Float] {
    let count = shape.reduce(1, *)
    guard let tensor = try noted(name, shape: shape) else {
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

  /// A family's names as the folder has them: models saved without their head, or as the text part
  /// of one that reads pictures too, have another path before the blocks.
  func located(_ names: TensorNames) -> TensorNames {
    let usual = names.embeddings.huggingFace
    guard format == .huggingFace, !has(names.embeddings),
      let dot = usual.firstIndex(of: ".")
    else { return names }
    let (own, last) = (usual[...dot], usual[usual.index(after: dot)...])
    for prefix in [
      "", "model.language_model.", "language_model." + own, "language_model.", "model.text_model.",
    ]
    where source.tensor(prefix + last + ".weight") != nil {
      return names.renamed(own: String(own), prefix)
    }
    return names
  }
}
