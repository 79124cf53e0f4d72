import Foundation
import SeerSupport

/// A file of named tensors in one of the two forms in which the Hugging Face libraries save weights.
package struct TensorFile: Sendable {
  package let file: MappedFile
  /// Tensors of floats that we read.
  package let tensors: [String: StoredTensor]
  /// The others, with their types.
  package let otherTypes: [String: String]

  /// Ends the names of files in PyTorch's own form.
  package static let torchEnding = ".bin"

  /// - allowsOtherTypes: as for ``Safetensors``.
  package init(path: String, allowsOtherTypes: Bool = false) throws(Failure) {
    if path.hasSuffix(Self.torchEnding) {
      let file = try TorchFile(path: path)
      self.file = file.file
      tensors = file.tensors
      otherTypes = file.otherTypes
    } else {
      let file = try Safetensors(path: path, allowsOtherTypes: allowsOtherTypes)
      self.file = file.file
      tensors = file.tensors.mapValues { tensor in
        let type: BlockType =
          switch tensor.dataType {
          case .float32: .f32
          case .float16: .f16
          case .bfloat16: .bf16
          }
        return StoredTensor(type: type, shape: tensor.shape, file: file.file, range: tensor.range)
      }
      otherTypes = file.otherTypes
    }
  }
}

extension StoredTensor {
  package var count: Int { shape.reduce(1, *) }

  /// Expands all numbers, row by row, to float32. Precondition: a type without blocks.
  package func read(into target: UnsafeMutablePointer<Float>) {
    precondition(type.weights == 1)
    guard count > 0 else { return }
    let row = StoredMatrix(type: type, rows: 1, columns: count, in: file, range: range)
    row.expand(row: 0, into: target)
    withExtendedLifetime(row) {}
  }
}
