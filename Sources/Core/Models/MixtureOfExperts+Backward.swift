import CKernels
import LinearAlgebra

extension ExpertConfiguration {
  /// Floats that so many of an expert's tokens take on their way back through it.
  static func backwardFloats(_ c: ModelConfiguration) -> Int {
    2 * c.width + 5 * (c.experts?.feedForward ?? 0)
  }
}

extension Experts {
  /// Adds the gradient at the normed residual stream, through the experts and through what the
  /// router says of them; both are frozen.
  ///
  /// What lies between the products is made again: gates and ups of all slots would be the largest
  /// part of what a pass keeps. With h between the products, b the bias of the last one, D its
  /// weights and w a slot's weight, the gradient dy of its token gives w D'dy at h, and
  /// h'D'dy + b'dy at w.
  ///
  /// - Parameters:
  ///   - dy: the gradient of what the block's feed-forward part made, (tokens, width).
  ///   - x: the normed residual stream, (tokens, width).
  ///   - routing: as the forward pass left it.
  ///   - dx: added to, (tokens, width).
  func backward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ routing: Routing,
    _ c: ModelConfiguration, tokens: Int, precision: Precision,
    into dx: UnsafeMutablePointer<Float>, _ rules: BackwardRules = .gradient
  ) {
    guard let e = c.experts, tokens > 0 else { return }
    let most = routing.mostSlots
    let size = most * e.feedForward
    let memory = expertBuffer.take(
      atLeast: most * ExpertConfiguration.backwardFloats(c) + tokens * (e.used + e.count))
    let states = memory.elements
    let slopes = states + most * c.width
    let gate = slopes + most * c.width
    let (up, hidden, dgate, dup) = (gate + size, gate + 2 * size, gate + 3 * size, gate + 4 * size)
    let dweights = gate + 5 * size
    let dlogits = dweights + tokens * e.used
    for (index, expert) in experts.enumerated() {
      let slots = routing.slots(of: index)
      let count = slots.count
      guard count > 0 else { continue }
      expert.enter(x, routing, slots, states: states, gate, up, c, e, ofBatch: tokens, precision)
      c.activation.forward(gate, up, into: hidden, count: count * e.feedForward)
      routing.gather(dy, slots, used: e.used, width: c.width, into: slopes)
      linearBackward(
        [LinearBackwardTask(weight: expert.down.weight, outputGradient: slopes)], tokens: count,
        precision: precision, into: dgate)
      Parallel.ranges(of: count, grain: 8) { range in
        for row in range {
          let slot = Int(routing.order.elements[slots.lowerBound + row])
          let slope = dgate + row * e.feedForward
          var change = sk_inner_product(slope, hidden + row * e.feedForward, e.feedForward)
          if let bias = expert.down.bias {
            change += sk_inner_product(slopes + row * c.width, bias, c.width)
          }
          dweights[slot] = rules.productShare * change
          sk_scale(slope, e.feedForward, rules.productShare * routing.weights.elements[slot])
        }
      }
      c.activation.backward(
        dgate, dgate, dup, gate, up, count: count * e.feedForward, rules)
      linearBackward(
        [
          LinearBackwardTask(weight: expert.gate.weight, outputGradient: dgate),
          LinearBackwardTask(weight: expert.up.weight, outputGradient: dup),
        ], tokens: count, precision: precision, into: states)
      Parallel.ranges(of: count, grain: 32) { range in
        sk_scatter_slots(
          dx, states + range.lowerBound * c.width, nil,
          routing.order.elements + slots.lowerBound + range.lowerBound, range.count, e.used,
          c.width, 1)
      }
    }
    Parallel.ranges(of: tokens, grain: 64) { range in
      for token in range {
        sk_route_backward(
          dlogits + token * e.count, dweights + token * e.used, routing.probabilities.row(token),
          routing.weights.row(token), routing.ids.elements + token * e.used, e.count, e.used,
          e.weighting.code)
      }
    }
    linearBackward(
      [LinearBackwardTask(weight: router.weight, outputGradient: dlogits)], tokens: tokens,
      precision: precision, into: dx, adds: true)
    expertBuffer.give(memory)
  }

  /// Multiplies the rows of the shared part's hidden values with the token's gate.
  func gateShared(
    _ hidden: UnsafeMutablePointer<Float>, size: Int, _ x: UnsafePointer<Float>, tokens: Int
  ) {
    guard let sharedGate else { return }
    let width = sharedGate.count
    sharedGate.withUnsafeBufferPointer { weights in
      Parallel.ranges(of: tokens, grain: 32) { range in
        for token in range {
          let product = sk_inner_product(x + token * width, weights.baseAddress, width)
          sk_scale(hidden + token * size, size, sk_logistic(product))
        }
      }
    }
  }

  /// The gradient of ``gateShared(_:size:_:tokens:)``: that of its output becomes that of `hidden`
  /// as it was before, and the gate's is added to `dx`.
  func gateSharedBackward(
    _ slope: UnsafeMutablePointer<Float>, _ hidden: UnsafePointer<Float>, size: Int,
    _ x: UnsafePointer<Float>, tokens: Int, into dx: UnsafeMutablePointer<Float>, share: Float = 1
  ) {
    guard let sharedGate else { return }
    let width = sharedGate.count
    sharedGate.withUnsafeBufferPointer { weights in
      Parallel.ranges(of: tokens, grain: 32) { range in
        for token in range {
          let product = sk_inner_product(x + token * width, weights.baseAddress, width)
          let gate = sk_logistic(product)
          let change = sk_inner_product(slope + token * size, hidden + token * size, size)
          sk_add_scaled(
            dx + token * width, weights.baseAddress, width, share * change * gate * (1 - gate))
          sk_scale(slope + token * size, size, share * gate)
        }
      }
    }
  }
}
