import Foundation
import SeerSupport

/// A file of named tensors in one of the two forms in which the Hugging Face libraries save weights.
package struct TensorFile: Sendable {
  package let file: MappedFile
  /// Tensors of floats that we read.
  package let tensors: [String: StoredTensor]
  /// The others, with their types.
  package let otherTypes: [String: String]
  /// Those of them that a safetensors file says more of.
  let others: [String: Safetensors.OtherTensor]

  /// Ends the names of files in PyTorch's own form.
  package static let torchEnding = ".bin"

  /// - allowsOtherTypes: as for ``Safetensors``.
  package init(path: String, allowsOtherTypes: Bool = false) throws(Failure) {
    if path.hasSuffix(Self.torchEnding) {
      let file = try TorchFile(path: path)
      self.file = file.file
      tensors = file.tensors
      otherTypes = file.otherTypes
      others = [:]
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
      others = file.otherTensors
    }
  }
}

extension StoredTensor {
  package var count: Int { shape.reduce(1, *) }

  /// Expands all numbers, row by row, to float32. Precondition: plain floats.
  package func read(into target: UnsafeMutablePointer<Float>) {
    precondition(type.isPlain)
    guard count > 0 else { return }
    let row = StoredMatrix(self, rows: 1, columns: count)
    row.expand(row: 0, into: target)
    withExtendedLifetime(row) {}
  }
}
