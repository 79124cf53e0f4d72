import CKernels
import LinearAlgebra
import SeerFormats

/// The experts' rows of the last pass, for the next: a fresh buffer would cost its pages.
let expertBuffer = SpareMatrix()

extension ExpertConfiguration {
  /// The tokens that come to an expert where a pass's tokens spread evenly: it decides how products
  /// are made, so that a token's result does not depend on who else was asked for.
  func share(ofBatch tokens: Int) -> Int { max(1, tokens * used / max(1, count)) }

  /// Floats that so many of an expert's tokens take on their way through it.
  static func floats(_ c: ModelConfiguration) -> Int {
    c.width + 2 * (c.experts?.feedForward ?? 0)
  }
}

extension Experts {
  /// Adds what each token's experts make of it to the residual stream, (tokens, width).
  ///
  /// Tokens are gathered by expert, and each expert's weights are multiplied once with all that
  /// came to it; those of experts that nobody came to are not read.
  ///
  /// - Parameters:
  ///   - x: the normed residual stream, (tokens, width).
  ///   - batch: the tokens of the pass, of which there are some only.
  func forward(
    _ x: UnsafePointer<Float>, addingTo residual: UnsafeMutablePointer<Float>, _ routing: Routing,
    _ c: ModelConfiguration, tokens: Int, ofBatch batch: Int, _ precision: Precision
  ) {
    guard let e = c.experts, tokens > 0 else { return }
    // Always exact: a small difference could send a token to another expert.
    linearForward(
      x, tokens: tokens, ofBatch: batch,
      [LinearTask(weight: router.weight, output: routing.probabilities.elements)])
    router.addBias(to: routing.probabilities.elements, tokens: tokens)
    routing.choose(tokens: tokens, e)
    guard batch > 1 else {
      return forward(token: x, addingTo: residual, routing, c, e, precision)
    }
    let most = routing.mostSlots
    let memory = expertBuffer.take(atLeast: most * ExpertConfiguration.floats(c))
    let states = memory.elements
    let gate = states + most * c.width
    let up = gate + most * e.feedForward
    for (index, expert) in experts.enumerated() {
      let slots = routing.slots(of: index)
      guard !slots.isEmpty else { continue }
      expert.enter(x, routing, slots, states: states, gate, up, c, e, ofBatch: batch, precision)
      c.activation.forward(gate, up, into: gate, count: slots.count * e.feedForward)
      linearForward(
        gate, tokens: slots.count, ofBatch: e.share(ofBatch: batch), precision: precision,
        [LinearTask(weight: expert.down.weight, output: states)])
      expert.down.addBias(to: states, tokens: slots.count)
      Parallel.ranges(of: slots.count, grain: 32) { range in
        sk_scatter_slots(
          residual, states + range.lowerBound * c.width, routing.weights.elements,
          routing.order.elements + slots.lowerBound + range.lowerBound, range.count, e.used,
          c.width, c.residualScale)
      }
    }
    expertBuffer.give(memory)
  }

  /// The same for one token: a loop for all its experts' gates and ups, and one for their downs.
  private func forward(
    token x: UnsafePointer<Float>, addingTo residual: UnsafeMutablePointer<Float>,
    _ routing: Routing, _ c: ModelConfiguration, _ e: ExpertConfiguration, _ precision: Precision
  ) {
    let chosen = (0..<e.used).map { experts[Int(routing.ids.elements[$0])] }
    let factors = (0..<e.used).map { routing.weights.elements[$0] * c.residualScale }
    let memory = expertBuffer.take(atLeast: 2 * e.used * e.feedForward)
    let gate = memory.elements
    let up = gate + e.used * e.feedForward
    linearForward(
      x, tokens: 1, precision: precision,
      chosen.enumerated().flatMap { place, expert in
        [
          LinearTask(weight: expert.gate.weight, output: gate + place * e.feedForward),
          LinearTask(weight: expert.up.weight, output: up + place * e.feedForward),
        ]
      })
    for (place, expert) in chosen.enumerated() {
      expert.gate.addBias(to: gate + place * e.feedForward, tokens: 1)
      expert.up.addBias(to: up + place * e.feedForward, tokens: 1)
    }
    c.activation.forward(gate, up, into: gate, count: e.used * e.feedForward)
    linearSum(
      chosen.map(\.down.weight), of: gate, factors: factors, precision: precision,
      addingTo: residual)
    for (expert, factor) in zip(chosen, factors) {
      guard let bias = expert.down.bias else { continue }
      sk_add_scaled(residual, bias, bias.count, factor)
    }
    expertBuffer.give(memory)
  }
}

extension Experts.Expert {
  /// Gathers the expert's tokens, and makes its gate and up of them.
  func enter(
    _ x: UnsafePointer<Float>, _ routing: Routing, _ slots: Range<Int>,
    states: UnsafeMutablePointer<Float>, _ gate: UnsafeMutablePointer<Float>,
    _ up: UnsafeMutablePointer<Float>, _ c: ModelConfiguration, _ e: ExpertConfiguration,
    ofBatch batch: Int, _ precision: Precision
  ) {
    routing.gather(x, slots, used: e.used, width: c.width, into: states)
    linearForward(
      states, tokens: slots.count, ofBatch: e.share(ofBatch: batch), precision: precision,
      [
        LinearTask(weight: self.gate.weight, output: gate),
        LinearTask(weight: self.up.weight, output: up),
      ])
    self.gate.addBias(to: gate, tokens: slots.count)
    self.up.addBias(to: up, tokens: slots.count)
  }
}

extension Routing {
  /// The tokens of the expert that most came to.
  var mostSlots: Int {
    (0..<probabilities.columns).reduce(0) { max($0, slots(of: $1).count) }
  }

  /// Copies the rows of the slots' tokens, one below the other.
  func gather(
    _ x: UnsafePointer<Float>, _ slots: Range<Int>, used: Int, width: Int,
    into rows: UnsafeMutablePointer<Float>
  ) {
    Parallel.ranges(of: slots.count, grain: 32) { range in
      sk_gather_slots(
        rows + range.lowerBound * width, x,
        order.elements + slots.lowerBound + range.lowerBound, range.count, used, width)
    }
  }
}
