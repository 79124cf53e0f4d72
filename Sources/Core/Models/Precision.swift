import LinearAlgebra
import SeerSupport

/// How exactly states are multiplied with weights.
package enum Precision: String, NamedChoice {
  /// As exactly as float32's own sums.
  case exact
  /// In less time, with 15 bits of every number where the processor multiplies whole numbers (a
  /// state is some 2e-4 of its length away from an exact one), and 8 on a matrix unit (4e-3). Sums and
  /// the residual stream are float32 as ever.
  case fast

  /// What this machine makes of it: where no kernel is faster, fast is exact.
  package var here: Precision { BLAS.fastProducts == nil ? .exact : self }

  /// What fast is on this machine: another makes other states of it. Nil for exact, which differs by
  /// orders of sums alone.
  package var products: String? { here == .fast ? BLAS.fastProducts : nil }
}
