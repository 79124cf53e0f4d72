import Foundation
import LinearAlgebra

/// The effective rank (Roy and Vetterli 2007) of centred unit rows: exp of the entropy of the
/// eigenvalues of Z'Z / m as shares of their sum; 1 to the width. Nil where nothing varies.
///
/// Decomposes the smaller of Z'Z and Z Z': O(rows x width x min(rows, width)).
package func effectiveRank(_ states: Matrix) throws(LAPACKError) -> Double? {
  guard states.rows > 0, states.columns > 0 else { return nil }
  let units = unitNormalised(centred(states))
  let product =
    units.columns <= units.rows
    ? multiply(units, transposeA: true, units) : multiply(units, units, transposeB: true)
  let values = try symmetricEigenvalues(product).map { max(0, Double($0)) }
  let sum = values.reduce(0, +)
  guard sum > 0 else { return nil }
  let entropy = values.reduce(0) { total, value in
    let share = value / sum
    return share > 0 ? total - share * log(share) : total
  }
  return exp(entropy)
}
