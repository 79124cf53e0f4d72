import CKernels
import SeerSupport

/// Scales that lie apart from a tensor's weights, row by row, each for a tile of them.
package struct StoredScales: Sendable {
  package enum Number: Sendable {
    case float32, float16, bfloat16
    /// A byte b for 2^(b - 127).
    case exponent

    package var size: Int {
      switch self {
      case .float32: 4
      case .float16, .bfloat16: 2
      case .exponent: 1
      }
    }
  }

  /// The weights that share a scale; tiles at the edges have fewer.
  package struct Tile: Equatable, Sendable {
    package var rows: Int
    package var columns: Int

    package init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }

    /// Tiles in a matrix: along its rows' number, and along a row.
    func count(rows: Int, columns: Int) -> [Int] {
      [(rows + self.rows - 1) / self.rows, (columns + self.columns - 1) / self.columns]
    }
  }

  let number: Number
  let tile: Tile
  /// Scales of one row of tiles.
  let perRow: Int
  let file: MappedFile
  let range: Range<Int>

  var count: Int { range.count / number.size }

  /// Reads all scales as float32.
  func read(into target: UnsafeMutablePointer<Float>) {
    file.withBytes(in: range) { bytes in
      let type: BlockType
      switch number {
      case .float32: type = .f32
      case .float16: type = .f16
      case .bfloat16: type = .bf16
      case .exponent:
        for (index, byte) in bytes.enumerated() {
          target[index] = Float(bitPattern: byte == 0 ? 0x40_0000 : UInt32(byte) << 23)
        }
        return
      }
      sk_expand(Int32(type.rawValue), target, bytes.baseAddress, count)
    }
  }
}
