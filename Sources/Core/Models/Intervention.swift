/// A vector added to the residual stream on its way through the blocks: what a text would be
/// without a concept, or with more of it.
package struct Intervention: Equatable, Sendable {
  /// 0 is the input of the first block, i the output of block i.
  package var layer: Int
  /// `width` values.
  package var vector: [Float]
  /// The batch's tokens that it is added to; all where nil.
  package var tokens: Range<Int>?

  package init(layer: Int, vector: [Float], tokens: Range<Int>? = nil) {
    self.layer = layer
    self.vector = vector
    self.tokens = tokens
  }
}

extension ForwardRequest {
  /// Adds the layer's interventions to the residual stream, (tokens, width).
  func intervene(
    layer: Int, _ residual: UnsafeMutablePointer<Float>, tokens: Int, width: Int
  ) {
    for intervention in interventions where intervention.layer == layer {
      precondition(intervention.vector.count == width)
      for token in (intervention.tokens ?? 0..<tokens).clamped(to: 0..<tokens) {
        let state = residual + token * width
        for column in 0..<width { state[column] += intervention.vector[column] }
      }
    }
  }
}
