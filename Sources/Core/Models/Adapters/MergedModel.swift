import CKernels
import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport
import SeerTokenizers

/// A model's files with an adapter's weights added, about to be written.
package struct MergedModel {
  package let source: any ModelSource
  package let weights: MergedWeights
  package let type: Merging.WeightType

  package init(source: any ModelSource, weights: MergedWeights, type: Merging.WeightType) {
    self.source = source
    self.weights = weights
    self.type = type
  }

  /// How a matrix lies in the file.
  package enum Arrangement {
    /// The file's row is this row of ours.
    case rows((Int) -> Int)
    /// Rows are columns.
    case transposed
  }

  /// Opens the output beside its final name, lets the body fill it, and renames it.
  package func writing(
    _ header: [UInt8], to path: String, _ body: (_ file: WritableFile, _ start: Int) throws -> Void
  ) throws {
    let partial = path + ".partial"
    let file = try WritableFile(path: partial, truncating: true)
    do {
      try file.write(header, count: header.count, at: 0)
      try body(file, header.count)
      try file.synchronize()
      try OutputFile.rename(partial, to: path)
    } catch {
      unlink(partial)
      throw error
    }
  }

  /// Writes one matrix, some rows at a time.
  package func write(
    _ weight: MergedWeights.Weight, _ arrangement: Arrangement, as type: BlockType,
    to file: WritableFile, at offset: Int
  ) throws {
    switch arrangement {
    case .rows(let row):
      let rows = MatrixBuilder(unfilled: 64, columns: weight.columns)
      for first in stride(from: 0, to: weight.rows, by: rows.rows) {
        let count = min(rows.rows, weight.rows - first)
        Parallel.forEach(count) { index in
          weights.expand(weight, row: row(first + index), into: rows.row(index))
        }
        try write(
          rows, count: count, of: weight, as: type, to: file,
          at: offset + first * (weight.columns / type.weights * type.bytes))
      }
    case .transposed:
      let columns = MatrixBuilder(unfilled: weight.columns, columns: weight.rows)
      let line = MatrixBuilder(unfilled: 1, columns: weight.columns)
      for row in 0..<weight.rows {
        weights.expand(weight, row: row, into: line.elements)
        for column in 0..<weight.columns {
          columns.elements[column * weight.rows + row] = line.elements[column]
        }
      }
      try write(columns, count: columns.rows, of: weight, as: type, to: file, at: offset)
    }
  }

  private func write(
    _ rows: borrowing MatrixBuilder, count: Int, of weight: MergedWeights.Weight,
    as type: BlockType,
    to file: WritableFile, at offset: Int
  ) throws {
    let weightCount = count * rows.columns
    var bytes = [UInt8](repeating: 0, count: weightCount / type.weights * type.bytes)
    let unfit = bytes.withUnsafeMutableBytes { buffer -> Int in
      guard let base = buffer.baseAddress else { return 0 }
      if type == .q8_0 {
        sk_quantise_q8_0(base, rows.elements, weightCount)
        return 0
      }
      return sk_f32_to_f16(
        base.assumingMemoryBound(to: UInt16.self), rows.elements, weightCount)
    }
    guard unfit == 0 else {
      throw Failure(
        .badData, file: source.path, place: "tensor \(weight.gguf)",
        found: "\(unfit) weights beyond float16", wanted: "weights up to 65504",
        advice: "Merge into a .gguf file with --type q8_0.")
    }
    try file.write(bytes, count: bytes.count, at: offset)
  }
}
