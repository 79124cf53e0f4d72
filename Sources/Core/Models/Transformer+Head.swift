import CKernels
import LinearAlgebra
import SeerFormats

/// From the last layer's states to next-token logits, and back.
extension Transformer {
  /// Next-token logits of the last layer's states, (places, width): (places, vocabulary).
  ///
  /// - Parameter ends: what an adapter does to the head.
  package func logits(_ states: Matrix, _ ends: AdapterEnds? = nil) -> MatrixBuilder {
    let c = configuration
    let normed = MatrixBuilder(unfilled: states.rows, columns: c.width)
    finalNorm.forward(states.elements, into: normed.elements, rows: states.rows)
    if c.logitScale != 1 { sk_scale(normed.elements, normed.count, c.logitScale) }
    let logits = MatrixBuilder(unfilled: states.rows, columns: c.vocabulary)
    linearForward(
      normed.elements, tokens: states.rows, precision: precision,
      [LinearTask(weight: head(with: ends), output: logits.elements)])
    ends?.addLogits(of: normed, to: logits, isTied: ownHead == nil)
    if c.logitCap > 0 {
      Parallel.ranges(of: logits.count, grain: 16_384) { range in
        sk_soft_cap(logits.elements + range.lowerBound, range.count, c.logitCap)
      }
    }
    return logits
  }

  /// The head with what an adapter puts in its place.
  func head(with ends: AdapterEnds?) -> StoredMatrix {
    let shared = ends?.sharesEmbeddings == true && ownHead == nil ? ends?.embeddings : nil
    return ends?.head ?? shared ?? head
  }

  /// The slope of the soft cap at each logit; nil where there is none.
  package func capSlopes(_ logits: borrowing MatrixBuilder) -> Matrix? {
    let cap = configuration.logitCap
    guard cap > 0 else { return nil }
    let slopes = MatrixBuilder(unfilled: logits.rows, columns: logits.columns)
    Parallel.ranges(of: logits.count, grain: 16_384) { range in
      let first = range.lowerBound
      sk_soft_cap_slope(slopes.elements + first, logits.elements + first, range.count, cap)
    }
    return slopes.frozen()
  }

  /// The gradient of the states, (places, width), for one of the logits, which is changed where
  /// there is a soft cap.
  ///
  /// - Parameter capSlopes: as ``capSlopes(_:)`` gave them for these logits.
  package func headBackward(
    _ logitGradient: borrowing MatrixBuilder, _ states: Matrix, capSlopes: Matrix?
  ) -> Matrix {
    if let capSlopes { sk_multiply(logitGradient.elements, capSlopes.elements, capSlopes.count) }
    let normed = MatrixBuilder(unfilled: states.rows, columns: states.columns)
    linearBackward(
      [LinearBackwardTask(weight: head, outputGradient: logitGradient.elements)],
      tokens: states.rows, precision: precision, into: normed.elements)
    let scale = configuration.logitScale
    if scale != 1 { sk_scale(normed.elements, normed.count, scale) }
    let gradient = MatrixBuilder(rows: states.rows, columns: states.columns)
    finalNorm.backward(normed.elements, states.elements, into: gradient.elements, rows: states.rows)
    return gradient.frozen()
  }
}
