import CKernels
import LinearAlgebra

/// Gradient descent with momentum, one gain a coordinate (Jacobs 1988) and clipped steps.
///
/// The learning rate is N / exaggeration (Belkina et al. 2019), for the gradient without its
/// factor 4.
struct Optimizer {
  /// No point moves further in one step, in units of the map.
  static let largestStep: Float = 5
  static let leastGain: Float = 0.01

  private let velocities: MutableMatrix
  private let gains: MutableMatrix
  /// Moves the centre of the map to the origin with the next step.
  private var shift: (x: Float, y: Float) = (0, 0)

  init(count: Int) {
    velocities = MutableMatrix(rows: count, columns: 2)
    gains = MutableMatrix(rows: count, columns: 2)
    gains.elements.update(repeating: 1, count: gains.count)
  }

  /// What its next step depends on.
  var moment: [MapMoment.Values] {
    [
      .init("velocities", velocities.values), .init("gains", gains.values),
      .init("shift", [shift.x, shift.y]),
    ]
  }

  /// Precondition: values of ``moment``'s names and numbers.
  mutating func restore(_ values: ArraySlice<MapMoment.Values>) {
    let values = Array(values)
    velocities.fill(from: values[0].numbers)
    gains.fill(from: values[1].numbers)
    shift = (values[2].numbers[0], values[2].numbers[1])
  }

  /// Moves the points once and returns their new bounds.
  mutating func step(
    _ points: MutableMatrix, attraction: MutableMatrix, repulsion: MutableMatrix,
    normalisation: Double, exaggeration: Float, learningRate: Float, momentum: Float, pieces: Int
  ) -> LayoutBounds {
    var descent = sk_descent(
      exaggeration: exaggeration, inverse_normalisation: Float(1 / normalisation),
      learning_rate: learningRate, momentum: momentum, largest_step: Self.largestStep,
      least_gain: Self.leastGain, shift_x: shift.x, shift_y: shift.y)
    var sums = [sk_layout_sums](repeating: sk_layout_sums(), count: pieces)
    let (velocities, gains) = (velocities, gains)
    let count = points.rows
    sums.withUnsafeMutableBufferPointer { sums in
      let base = sums.baseAddress
      withUnsafePointer(to: &descent) { descent in
        Parallel.forEach(pieces) { piece in
          guard let base else { return }
          sk_descend(
            points.elements, velocities.elements, gains.elements, attraction.elements,
            repulsion.elements, count * piece / pieces, count * (piece + 1) / pieces, descent,
            base + piece)
        }
      }
    }
    // In the order of the pieces, whatever the order they were done in.
    shift.x = Float(-sums.reduce(0) { $0 + $1.x } / Double(count))
    shift.y = Float(-sums.reduce(0) { $0 + $1.y } / Double(count))
    return LayoutBounds(sums)
  }
}
