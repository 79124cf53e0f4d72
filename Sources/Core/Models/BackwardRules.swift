/// How a backward pass goes through what is not linear: what it carries back is the gradient, or a
/// relevance that a layer's inputs share (Bach et al. 2015).
package struct BackwardRules: Equatable, Sendable {
  /// The scales of norms, and what activations and soft caps multiply their input with, count as
  /// constants: the identity rule, with which a layer's inputs have together what its output has.
  package var holdsScales = false
  /// What each factor of a product of two values gets of the gradient.
  package var productShare: Float = 1

  package static let gradient = BackwardRules()
  /// AttnLRP (Achtibat et al. 2024): identity rule for norms and activations, half to each factor
  /// of a product (gate times up, queries times keys, probabilities times values), softmax by its
  /// gradient. Times the input, the result is the input's relevance.
  package static let attnLRP = BackwardRules(holdsScales: true, productShare: 0.5)
}
