/// Figures that share a computation, and how they are measured: of a layer, and of its permuted
/// labels. One file each in this folder, one line each in ``all``.
package struct MetricGroup: Sendable {
  package typealias Checkpoint = () throws -> Void

  package let metrics: [SeparationMetric]
  /// Its part of the time that all nulls take, for the bar.
  let share: Double
  /// Sets the figures of its metrics. `checkpoint` is called every few milliseconds.
  let measure: @Sendable (inout SeparationMeasurement, Checkpoint) throws -> Void
  /// Sets what they are for permuted labels; not called for metrics without labels, which are their
  /// own null. What labels have no part in is computed once for all of them.
  let addNulls: @Sendable (inout SeparationMeasurement, Checkpoint) throws -> Void

  init(
    _ metrics: [SeparationMetric], share: Double = 0,
    measure: @escaping @Sendable (inout SeparationMeasurement, Checkpoint) throws -> Void,
    addNulls: @escaping @Sendable (inout SeparationMeasurement, Checkpoint) throws -> Void = {
      _, _ in
    }
  ) {
    self.metrics = metrics
    self.share = share
    self.measure = measure
    self.addNulls = addNulls
  }

  /// Every group there is. They are measured in this order; tables and docs/metrics.md have it, too.
  static let all: [MetricGroup] = [
    prototypes,
    probe,
    cosines,
    ratesOfUnitColumns,
    effectiveRank,
    distances,
    pairwise,
    transport,
    ratesOfUnitRows,
  ]
}
