import LinearAlgebra

/// What a forward pass captured.
package struct ForwardResult: Sendable {
  /// One matrix a layer asked for, in that order: (spans, width).
  package private(set) var states: [Matrix]
  /// (places asked for, vocabulary), or nil where none were.
  package internal(set) var logits: Matrix?
  /// What was added to the tokens asked for, or nil where none were.
  package internal(set) var parts: CapturedParts?
  /// One for each block that has experts, where they were asked for.
  package private(set) var routing: [RoutedSpans] = []
  private let request: ForwardRequest

  package init(request: ForwardRequest, width: Int) {
    self.request = request
    states = request.layers.map { _ in Matrix(rows: 0, columns: width) }
  }

  /// Copies the asked spans of a layer out of the residual stream.
  package mutating func capture(layer: Int, from residual: UnsafePointer<Float>) {
    guard let index = request.layers.firstIndex(of: layer) else { return }
    let width = states[index].columns
    let means = MatrixBuilder(rows: request.spans.count, columns: width)
    means.fillRows { row, target in
      mean(of: request.spans[row], residual, width: width, into: target)
    }
    states[index] = means.frozen()
  }

  /// Notes the experts that the spans' tokens went to in a block.
  mutating func capture(_ routing: Routing, ofBlock block: Int, _ c: ExpertConfiguration) {
    self.routing.append(RoutedSpans(routing, ofBlock: block, request.spans, c))
  }

  /// The mean over a span of tokens; zeros for an empty one.
  private func mean(
    of span: Range<Int>, _ residual: UnsafePointer<Float>, width: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    guard let first = span.first else { return }
    target.update(from: residual + first * width, count: width)
    guard span.count > 1 else { return }
    for token in span.dropFirst() {
      let state = residual + token * width
      for column in 0..<width { target[column] += state[column] }
    }
    let scale = 1 / Float(span.count)
    for column in 0..<width { target[column] *= scale }
  }
}
