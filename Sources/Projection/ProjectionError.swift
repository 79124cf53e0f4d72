import CKernels
import LinearAlgebra

/// Why a matrix cannot be projected. The caller adds what it knows: the file and the layer.
package enum ProjectionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The matrix has no rows or no columns.
  case empty(rows: Int, columns: Int)
  /// NaN or an infinity; rows and columns count from 0.
  case notFinite(row: Int, column: Int, value: Float)
  /// Values so large that coordinates on a map leave float32's range.
  case tooLarge
  /// LAPACK gave up.
  case decomposition(LAPACKError)
  /// The caller's checkpoint said to stop.
  case stopped
  /// An option outside of its range.
  case badOption(name: String, found: String, wanted: String)

  /// The largest magnitude about the mean that a matrix may have.
  static let largest = 1e36

  package static let tooLargeFound = "values near the end of float32's range"
  package static let tooLargeWanted = "magnitudes of at most 1e36"

  package var description: String {
    switch self {
    case .empty(let rows, let columns):
      "found a matrix of \(rows) x \(columns), wanted at least one row and one column."
    case .notFinite(let row, let column, let value):
      "row \(row), column \(column): found \(value), wanted a finite number. "
        + "Remove the row, or extract its states again."
    case .tooLarge:
      "found \(Self.tooLargeFound), wanted \(Self.tooLargeWanted). Scale the matrix down."
    case .decomposition(let error): error.description
    case .stopped: "stopped before it was done."
    case .badOption(let name, let found, let wanted):
      "\(name): found \(found), wanted \(wanted)."
    }
  }
}

/// Refuses NaN and infinities, naming the first. O(rows x columns), at the speed of memory.
package func checkFinite(_ matrix: Matrix) throws(ProjectionError) {
  let place = sk_first_not_finite(matrix.elements, matrix.count)
  guard place < matrix.count else { return }
  throw .notFinite(
    row: place / matrix.columns, column: place % matrix.columns, value: matrix.elements[place])
}
