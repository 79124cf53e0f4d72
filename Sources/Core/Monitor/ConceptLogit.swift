import LinearAlgebra

/// A concept's logit of one state, and how it depends on the state.
package struct ConceptLogit: Equatable, Sendable {
  /// The cosine of the centred state with the concept's direction, divided by the temperature: what
  /// the softmax of the scores takes.
  package var value: Double
  /// With the lengths of the state and of the centred state held, the logit is linear in the state:
  /// its product with this, `width` values, and a part of the mean alone.
  package var held: [Float]
  /// The gradient, `width` values.
  package var gradient: [Float]
}

extension Monitor {
  /// Zeros everywhere for a state without length, or at the centre.
  package func logit(_ concept: Int, of state: UnsafePointer<Float>) -> ConceptLogit {
    let width = width
    let direction = directions.vectors.row(concept)
    let temperature = Double(cosineTemperature)
    let zeros = [Float](repeating: 0, count: width)
    func product(_ a: (Int) -> Double, _ b: (Int) -> Double) -> Double {
      (0..<width).reduce(0) { $0 + a($1) * b($1) }
    }
    let length = product({ Double(state[$0]) }, { Double(state[$0]) }).squareRoot()
    let unit = (0..<width).map { length > 0 ? Double(state[$0]) / length : 0 }
    let centred = (0..<width).map { unit[$0] - Double(directions.mean[$0]) }
    let distance = product({ centred[$0] }, { centred[$0] }).squareRoot()
    guard length > 0, distance > 0 else {
      return ConceptLogit(value: 0, held: zeros, gradient: zeros)
    }
    let cosine = product({ centred[$0] }, { Double(direction[$0]) }) / distance
    let scale = 1 / (length * distance * temperature)
    // Of the cosine by the unit state; what of it lies along the state changes nothing.
    let slope = (0..<width).map { Double(direction[$0]) - cosine * centred[$0] / distance }
    let along = product({ slope[$0] }, { unit[$0] })
    return ConceptLogit(
      value: cosine / temperature, held: (0..<width).map { Float(Double(direction[$0]) * scale) },
      gradient: (0..<width).map { Float((slope[$0] - along * unit[$0]) * scale) })
  }
}
