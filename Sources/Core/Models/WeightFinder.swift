import CKernels

/// Finds a GGUF file's tensors by name and checks their shapes.
struct WeightFinder {
  let file: GGUF

  init(_ file: GGUF) { self.file = file }

  private func tensor(_ name: String, shape: [Int]) throws(Failure) -> GGUF.Tensor {
    guard let tensor = file.tensors[name] else {
      throw Failure(
        .badData, file: file.file.path, place: "tensor \(name)", found: "no such tensor",
        wanted: "one of shape \(shape)",
        advice: "The file is not a complete model: download it again.")
    }
    guard tensor.shape == shape else {
      throw Failure(
        .badData, file: file.file.path, place: "tensor \(name)", found: "shape \(tensor.shape)",
        wanted: "\(shape)", advice: "The file disagrees with its own keys: download it again.")
    }
    return tensor
  }

  func matrix(
    _ name: String, rows: Int, columns: Int, order: StoredMatrix.RowOrder = .asStored
  ) throws(Failure) -> StoredMatrix {
    let tensor = try tensor(name, shape: [rows, columns])
    return StoredMatrix(
      type: tensor.type, rows: rows, columns: columns, order: order, in: file.file,
      range: tensor.range)
  }

  /// A small vector, such as a norm's weights, as float32.
  func vector(_ name: String, count: Int) throws(Failure) -> [Float] {
    let tensor = try tensor(name, shape: [count])
    let stored = StoredMatrix(
      type: tensor.type, rows: 1, columns: count, in: file.file, range: tensor.range)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { stored.expand(row: 0, into: base) }
      initialized = count
    }
  }
}
