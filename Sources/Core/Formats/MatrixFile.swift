import CKernels
import Foundation
import LinearAlgebra
import SeerSupport

/// A matrix of float32 made from numbers that float32 may not hold: value = offset of the column +
/// element x ``unit``.
package struct ScaledMatrix: Sendable {
  package let matrix: Matrix
  /// A power of two; 1 where the numbers are kept as they are.
  package let unit: Double

  package init(matrix: Matrix, unit: Double = 1) {
    self.matrix = matrix
    self.unit = unit
  }
}

/// A file with one matrix.
package enum MatrixFile {
  /// Reads the one array of a file, (rows, columns).
  ///
  /// Numbers that float32 holds are kept. Those of float64 and of long integers are centred by
  /// column before they are rounded, and scaled where their squares would leave float32's range: the
  /// digits that tell rows apart survive, however far from 0 the rows lie.
  ///
  /// - Parameter scratch: a folder with room for an array that is stored deflated.
  ///
  /// Fails where there is another number of arrays or axes, and for NaN and infinities.
  package static func read(
    _ path: String, readsBFloat16: Bool = false, scratch: String = NSTemporaryDirectory()
  ) throws(Failure) -> ScaledMatrix {
    let file = try ArrayFile(path: path, readsBFloat16: readsBFloat16)
    guard file.entries.count == 1, let entry = file.entries.first else {
      let names = file.entries.compactMap(\.name).joined(separator: ", ")
      throw Failure(
        .badData, file: path, found: "\(file.entries.count) arrays (\(names.prefix(200)))",
        wanted: "one", advice: "Save the one that is to be projected by itself.")
    }
    guard entry.shape.count == 2 else {
      throw Failure(
        .badData, file: path, place: "\(entry.place), shape",
        found: "\(entry.shape.count) dimensions", wanted: "2 (rows, columns)",
        advice: "Save one matrix, such as the states of one layer.")
    }
    let array = try file.array(entry, scratch: scratch)
    let rows = array.rows(along: 0, columnsAlong: 1)
    if !array.type.fitsFloat32, rows.rows > 0, rows.columns > 0 { return try centred(rows) }
    let matrix = MatrixBuilder(unfilled: rows.rows, columns: rows.columns)
    rows.read(0..<rows.rows, into: matrix.elements)
    return ScaledMatrix(matrix: matrix.frozen())
  }

  private static func centred(_ rows: StoredRows) throws(Failure) -> ScaledMatrix {
    let width = rows.columns
    var tile = [Double](repeating: 0, count: width)
    /// Calls `body` with every row.
    func each(_ body: (_ row: Int, _ values: UnsafeBufferPointer<Double>) -> Void) {
      tile.withUnsafeMutableBufferPointer { tile in
        guard let base = tile.baseAddress else { return }
        for row in 0..<rows.rows {
          rows.read(row..<row + 1, into: base)
          body(row, UnsafeBufferPointer(tile))
        }
      }
    }
    var largest = 0.0
    var bad: (row: Int, column: Int, value: Double)?
    each { row, values in
      guard bad == nil else { return }
      for column in 0..<width {
        guard values[column].isFinite else {
          bad = (row, column, values[column])
          return
        }
        largest = max(largest, abs(values[column]))
      }
    }
    if let bad { throw rows.notFinite(row: bad.row, column: bad.column, value: bad.value) }
    // Sums of the numbers as they are could leave even Double's range.
    let first = scale(largest)
    var mean = [Double](repeating: 0, count: width)
    each { _, values in
      for column in 0..<width { mean[column] += values[column] * first }
    }
    for column in 0..<width { mean[column] /= Double(rows.rows) }
    var spread = 0.0
    each { _, values in
      for column in 0..<width {
        spread = max(spread, abs(values[column] * first - mean[column]))
      }
    }
    // Nothing is scaled where float32 holds the squares with room to spare.
    let isHeld = spread == 0 || (1e-12...1e12).contains(spread / first)
    let second = isHeld ? 1 / first : scale(spread)
    let matrix = MatrixBuilder(unfilled: rows.rows, columns: width)
    each { row, values in
      let target = matrix.row(row)
      for column in 0..<width {
        target[column] = Float((values[column] * first - mean[column]) * second)
      }
    }
    return ScaledMatrix(matrix: matrix.frozen(), unit: isHeld ? 1 : 1 / first / second)
  }

  /// The power of two that brings a magnitude to 1 or just below 2; 1 for 0.
  private static func scale(_ magnitude: Double) -> Double {
    guard magnitude > 0 else { return 1 }
    // Neither the scale nor its inverse may leave Double's range.
    return Double(sign: .plus, exponent: -max(-1000, min(1000, magnitude.exponent)), significand: 1)
  }
}
