import LinearAlgebra
import SeerProjection

/// The names of the ways to lay out states on a map that look at nothing but the states, such as `pca`
/// and `tsne`.
public var projectionMethods: [String] {
  Layouts.all.filter { $0.leastConcepts == 0 }.map(\.name)
}

/// Lays out the rows of a matrix, as `seer project` does with its usual options.
///
///     let map = try project(states.matrix(layer: 24), by: "tsne")
///     (map[0, 0], map[0, 1])  // where the first row lies
///
/// - Parameters:
///   - states: (rows, width).
///   - method: one of ``projectionMethods``.
///   - components: how many coordinates, at most the width.
///   - seed: of everything random; the same seed gives the same map on one machine.
/// - Returns: (rows, components), in the order of the rows.
/// - Throws: an error whose description says what was found and what was wanted: another method,
///   a matrix without rows, NaN or infinities.
public func project(
  _ states: Matrix, by method: String = "pca", components: Int = 2, seed: UInt64 = 0
) throws -> Matrix {
  guard projectionMethods.contains(method), let layout = Layouts.named(method) else {
    throw ProjectionError.badOption(
      name: "method", found: method, wanted: projectionMethods.joined(separator: ", "))
  }
  let settings = LayoutSettings(components: components, seed: seed)
  return try layout.map(states, settings).points
}
