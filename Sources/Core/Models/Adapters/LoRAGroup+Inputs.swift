import LinearAlgebra

/// The way back through an adapter's layers, of every kind, to their inputs.
extension LoRAGroup {
  /// Adds to `dx`, (tokens, inputs), what the low-rank products make of their outputs' gradients,
  /// (tokens, outputs) each, which are ``scaled(_:_:tokens:spare:_:)`` already.
  func addInputGradient(
    _ outputGradients: [LoRATarget: UnsafePointer<Float>], tokens: Int,
    into dx: UnsafeMutablePointer<Float>, _ c: ModelConfiguration
  ) {
    let parts = parts(c).compactMap { part in outputGradients[part.target].map { (part, $0) } }
    let (a, inputs, width) = (a, a.columns, a.rows)
    Parallel.ranges(of: tokens, grain: 32) { range in
      // Projections of one layer share its columns.
      let inner = MatrixBuilder(rows: range.count, columns: width)
      for (part, dy) in parts {
        BLAS.sgemm(
          m: range.count, n: part.layer.rank, k: part.rows, alpha: part.layer.scale,
          dy + range.lowerBound * part.rows, stride: part.rows, part.b.row(part.first),
          stride: part.layer.rank, beta: 1, into: inner.elements + part.column, stride: width)
      }
      BLAS.sgemm(
        m: range.count, n: inputs, k: width, inner.elements, stride: width, a.elements,
        stride: inputs, beta: 1, into: dx + range.lowerBound * inputs, stride: inputs)
    }
  }

  /// The gradient of a projection's outputs, (tokens, outputs), before they are multiplied: itself,
  /// or in `spare`, which may be the same place.
  func scaled(
    _ target: LoRATarget, _ dy: UnsafePointer<Float>, tokens: Int,
    spare: UnsafeMutablePointer<Float>, _ c: ModelConfiguration
  ) -> UnsafePointer<Float> {
    guard let part = parts(c).first(where: { $0.target == target }),
      let factor = part.changes?.factor
    else { return dy }
    let rows = part.rows
    let factors = factor.elements + part.first
    Parallel.ranges(of: tokens, grain: 32) { range in
      for token in range {
        for row in 0..<rows { spare[token * rows + row] = factors[row] * dy[token * rows + row] }
      }
    }
    return UnsafePointer(spare)
  }

  /// The bias that a projection has of the adapter; nil where it has none.
  func bias(_ target: LoRATarget, _ c: ModelConfiguration) -> [Float]? {
    guard let part = parts(c).first(where: { $0.target == target }), part.layer.kind == .biased,
      let shift = part.changes?.shift
    else { return nil }
    return (0..<part.rows).map { shift.elements[part.first + $0] }
  }
}
