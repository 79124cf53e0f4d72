import CKernels
import LinearAlgebra

/// Dropout inside LoRA: which inputs are left out is a function of the key and the place, so the
/// backward pass makes the same mask again.
package struct Dropout: Sendable {
  package let rate: Float
  /// One for each forward pass of the training.
  package let key: UInt64

  package init(rate: Float, key: UInt64) {
    self.rate = rate
    self.key = key
  }

  package func key(block: Int, _ place: LoRAGroup.Place) -> UInt {
    // Far apart, so that passes with neighbouring keys share no mask.
    let number = UInt64(block * LoRAGroup.Place.allCases.count + place.rawValue)
    var generator = SeededGenerator(seed: key &+ number &* 0xD1B5_4A32_D192_ED03)
    return UInt(generator.next())
  }
}

/// LoRA on one block's projections, for one batch.
package struct BlockLoRA {
  package let block: Int
  package let tokens: Int
  private let adaptedTokens: Range<Int>
  package let adapter: Adapter?
  package let dropout: Dropout?
  package let buffers: BlockBuffers
  private let configuration: ModelConfiguration

  package init(
    _ block: Int, _ context: BlockContext, _ buffers: BlockBuffers, _ c: ModelConfiguration
  ) {
    self.block = block
    configuration = c.ofBlock(block)
    tokens = context.batch.tokens.count
    adaptedTokens = context.adaptedTokens
    adapter = context.adapter
    dropout = context.dropout.flatMap { $0.rate > 0 ? $0 : nil }
    self.buffers = buffers
  }

  /// Adds the targets' low-rank parts to the adapted tokens' outputs, (tokens, outputs) each.
  package func forward(
    _ place: LoRAGroup.Place, _ x: UnsafePointer<Float>,
    _ outputs: @autoclosure () -> [LoRATarget: UnsafeMutablePointer<Float>]
  ) {
    guard let adapter, let group = adapter.group(block: block, place) else { return }
    let outputs = outputs()
    let inner = innerBuffer(place, columns: group.a.rows)
    let inputs = group.a.columns
    let key = dropout.map { $0.key(block: block, place) } ?? 0
    let parts = group.parts(configuration)
    let first = adaptedTokens.lowerBound
    Parallel.ranges(of: adaptedTokens.count, grain: 32) { piece in
      let range = first + piece.lowerBound..<first + piece.upperBound
      // Where biases are all that changes, there is no A.
      if group.a.rows > 0 {
        withInput(x, range, inputs, key: key) { kept in
          BLAS.sgemm(
            transposeB: true, m: range.count, n: group.a.rows, k: inputs, kept, stride: inputs,
            group.a.elements, stride: inputs, into: inner.row(range.lowerBound),
            stride: group.a.rows)
        }
      }
      for part in parts {
        guard let output = outputs[part.target] else { continue }
        if part.layer.rank > 0 {
          BLAS.sgemm(
            transposeB: true, m: range.count, n: part.rows, k: part.layer.rank,
            alpha: part.layer.scale,
            inner.row(range.lowerBound) + part.column, stride: group.a.rows,
            part.b.row(part.first), stride: part.layer.rank, beta: 1,
            into: output + range.lowerBound * part.rows, stride: part.rows)
        }
        part.changes?.apply(
          to: output + range.lowerBound * part.rows, tokens: range.count, first: part.first,
          rows: part.rows)
      }
    }
  }

  /// Whether outputs of a place are multiplied, not only added to.
  func scalesOutputs(_ place: LoRAGroup.Place) -> Bool {
    adapter?.group(block: block, place)?.scalesOutputs ?? false
  }

  /// The gradient of a projection's outputs before an adapter multiplies them: itself, or in
  /// `spare`, which may be the same place.
  func scaled(
    _ place: LoRAGroup.Place, _ target: LoRATarget, _ dy: UnsafePointer<Float>,
    spare: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    guard let group = adapter?.group(block: block, place), group.scalesOutputs else { return dy }
    return group.scaled(target, dy, tokens: tokens, spare: spare, configuration)
  }

  /// Adds the gradients of A and B to `gradients`, where there are some, and that of the input to
  /// `dx`; all tokens are adapted ones.
  ///
  /// - Parameters:
  ///   - x: the input of the forward pass, (tokens, inputs).
  ///   - outputGradients: (tokens, outputs) each.
  package func backward(
    _ place: LoRAGroup.Place, _ x: UnsafePointer<Float>,
    _ outputGradients: [LoRATarget: UnsafePointer<Float>], into gradients: Adapter?,
    inputGradient dx: UnsafeMutablePointer<Float>
  ) {
    guard let adapter, let group = adapter.group(block: block, place) else { return }
    guard let gradients else {
      return group.addInputGradient(outputGradients, tokens: tokens, into: dx, configuration)
    }
    guard let gradient = gradients.group(block: block, place),
      let inner = buffers.inner[place.rawValue]
    else { return }
    precondition(group.layers.allSatisfy(\.isPlain), "layers that are not trained")
    let inputs = group.a.columns
    let width = group.a.rows
    let key = dropout.map { $0.key(block: block, place) } ?? 0
    let innerGradient = MatrixBuilder(rows: tokens, columns: width)
    let parts = group.parts(configuration)
    let slopes = gradient.parts(configuration)
    for (part, slope) in zip(parts, slopes) {
      guard let dy = outputGradients[part.target] else { continue }
      let (rank, scale) = (part.layer.rank, part.layer.scale)
      // dB += scale * dy' u, split over B's rows; du += scale * dy B, split over tokens.
      Parallel.ranges(of: part.rows, grain: 64) { range in
        BLAS.sgemm(
          transposeA: true, m: range.count, n: rank, k: tokens, alpha: scale,
          dy + range.lowerBound, stride: part.rows, inner.elements + part.column, stride: width,
          beta: 1, into: slope.b.row(part.first + range.lowerBound), stride: rank)
      }
      Parallel.ranges(of: tokens, grain: 32) { range in
        BLAS.sgemm(
          m: range.count, n: rank, k: part.rows, alpha: scale,
          dy + range.lowerBound * part.rows, stride: part.rows, part.b.row(part.first),
          stride: rank, beta: 1, into: innerGradient.row(range.lowerBound) + part.column,
          stride: width)
      }
    }
    // dA += du' dropout(x), split over A's columns.
    let input = dropout == nil ? nil : MutableMatrix(unfilled: tokens, columns: inputs)
    if let input, let dropout {
      Parallel.ranges(of: input.count, grain: 16_384) { range in
        sk_dropout(
          input.elements + range.lowerBound, x + range.lowerBound, range.count,
          UInt(range.lowerBound), key, dropout.rate)
      }
    }
    let kept = input.map { UnsafePointer($0.elements) } ?? x
    Parallel.ranges(of: inputs, grain: 64) { range in
      BLAS.sgemm(
        transposeA: true, m: width, n: range.count, k: tokens, innerGradient.elements,
        stride: width, kept + range.lowerBound, stride: inputs, beta: 1,
        into: gradient.a.elements + range.lowerBound, stride: inputs)
    }
    Parallel.ranges(of: tokens, grain: 32) { range in
      addInputGradient(innerGradient, group, range, key: key, into: dx)
    }
  }

  /// dx += dropout'(du A) for some of the tokens.
  private func addInputGradient(
    _ innerGradient: borrowing MatrixBuilder, _ group: LoRAGroup, _ range: Range<Int>, key: UInt,
    into dx: UnsafeMutablePointer<Float>
  ) {
    let inputs = group.a.columns
    let target = dx + range.lowerBound * inputs
    let source = UnsafePointer(innerGradient.row(range.lowerBound))
    func product(into target: UnsafeMutablePointer<Float>, beta: Float) {
      BLAS.sgemm(
        m: range.count, n: inputs, k: group.a.rows, source, stride: group.a.rows,
        group.a.elements, stride: inputs, beta: beta, into: target,
        stride: inputs)
    }
    guard let dropout else { return product(into: target, beta: 1) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * inputs) { buffer in
      guard let slope = buffer.baseAddress else { return }
      product(into: slope, beta: 0)
      sk_dropout_add(
        target, slope, range.count * inputs, UInt(range.lowerBound * inputs), key, dropout.rate)
    }
  }

  /// Calls `body` with the given tokens' inputs, some left out where there is dropout.
  private func withInput(
    _ x: UnsafePointer<Float>, _ range: Range<Int>, _ inputs: Int, key: UInt,
    _ body: (UnsafePointer<Float>) -> Void
  ) {
    let first = x + range.lowerBound * inputs
    guard let dropout else { return body(first) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * inputs) { buffer in
      guard let kept = buffer.baseAddress else { return }
      sk_dropout(
        kept, first, range.count * inputs, UInt(range.lowerBound * inputs), key, dropout.rate)
      body(kept)
    }
  }

  private func innerBuffer(_ place: LoRAGroup.Place, columns: Int) -> MutableMatrix {
    if let buffer = buffers.inner[place.rawValue], buffer.columns == columns,
      buffer.rows >= tokens
    {
      return buffer
    }
    let buffer = MutableMatrix(rows: max(tokens, buffers.queries.rows), columns: columns)
    buffers.inner[place.rawValue] = buffer
    return buffer
  }
}
