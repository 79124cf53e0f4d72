import LinearAlgebra

/// Limited-memory BFGS (Nocedal 1980) for smooth convex functions, turned inside out: it holds a
/// ``trial`` point, is told the function's value and gradient there, and moves on. So many
/// minimisations share the products that evaluate them.
///
///     var search = LBFGS(start: zeros, tolerance: 1e-5)
///     while !search.isDone { search.receive(value(search.trial), gradient(search.trial)) }
///     search.point
struct LBFGS {
  /// The best point so far.
  private(set) var point: [Float]
  /// Where the function is to be evaluated next.
  private(set) var trial: [Float]
  private(set) var isDone = false
  private(set) var iterations = 0

  private let tolerance: Float
  private let limit: Int
  private var value = Double.infinity
  private var gradient: [Float] = []
  private var direction: [Float]
  private var slope = 0.0
  private var step = 1.0
  private var reductions = 0
  private var history: [Pair] = []

  private struct Pair {
    var move: [Float]
    var change: [Float]
    /// 1 / (move . change)
    var scale: Double
  }

  /// Moves and changes of gradient that are remembered.
  static let memory = 8

  /// - Parameters:
  ///   - tolerance: done when no element of the gradient is larger.
  ///   - limit: steps at the most.
  init(start: [Float], tolerance: Float, limit: Int = 300) {
    point = start
    trial = start
    direction = []
    self.tolerance = tolerance
    self.limit = limit
  }

  /// The function's value and gradient at ``trial``.
  mutating func receive(_ newValue: Double, _ newGradient: [Float]) {
    guard !isDone else { return }
    guard newValue.isFinite else { return shorten(newValue) }
    if !direction.isEmpty {
      // float32 sums leave some 1e-7 of doubt about the value.
      let bound = value + 1e-4 * step * slope + 1e-7 * max(1, abs(value))
      guard newValue <= bound else { return shorten(newValue) }
      remember(newGradient)
      iterations += 1
    }
    point = trial
    value = newValue
    gradient = newGradient
    let largest = gradient.reduce(Float(0)) { max($0, abs($1)) }
    guard largest > tolerance, iterations < limit else {
      isDone = true
      return
    }
    chooseDirection()
  }

  /// Armijo's condition failed: a shorter step, by the parabola through what is known.
  private mutating func shorten(_ newValue: Double) {
    reductions += 1
    guard reductions <= 20, !direction.isEmpty else {
      isDone = true
      return
    }
    let bend = newValue - value - step * slope
    let best = newValue.isFinite && bend > 0 ? -slope * step * step / (2 * bend) : 0
    step = min(0.5 * step, max(0.1 * step, best))
    place()
  }

  private mutating func remember(_ newGradient: [Float]) {
    var move = trial
    var change = newGradient
    for index in move.indices {
      move[index] -= point[index]
      change[index] -= gradient[index]
    }
    let product = dot(move, change, count: move.count)
    guard product > 0, (1 / product).isFinite else { return }
    if history.count == Self.memory { history.removeFirst() }
    history.append(Pair(move: move, change: change, scale: 1 / product))
  }

  /// The two-loop recursion.
  private mutating func chooseDirection() {
    let count = gradient.count
    direction = gradient
    var weights = [Double](repeating: 0, count: history.count)
    for index in history.indices.reversed() {
      let pair = history[index]
      weights[index] = pair.scale * dot(pair.move, direction, count: count)
      add(pair.change, times: -weights[index], to: &direction)
    }
    if let last = history.last {
      let scale = Float(1 / (last.scale * dot(last.change, last.change, count: count)))
      for index in direction.indices { direction[index] *= scale }
    }
    for index in history.indices {
      let pair = history[index]
      let weight = weights[index] - pair.scale * dot(pair.change, direction, count: count)
      add(pair.move, times: weight, to: &direction)
    }
    for index in direction.indices { direction[index] = -direction[index] }
    slope = dot(gradient, direction, count: count)
    if slope >= 0 || !slope.isFinite {
      history = []
      direction = gradient.map { -$0 }
      slope = -dot(gradient, gradient, count: count)
    }
    step = history.isEmpty ? min(1, 1 / (-slope).squareRoot()) : 1
    reductions = 0
    place()
  }

  private mutating func place() {
    trial = point
    add(direction, times: step, to: &trial)
  }
}

/// `target += factor * values`
private func add(_ values: [Float], times factor: Double, to target: inout [Float]) {
  let factor = Float(factor)
  values.withUnsafeBufferPointer { values in
    target.withUnsafeMutableBufferPointer { target in
      for index in values.indices { target[index] += factor * values[index] }
    }
  }
}
