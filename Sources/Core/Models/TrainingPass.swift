import LinearAlgebra

/// One forward pass that can be followed by a backward pass: of a loss, or of what the states of
/// one token came from.
///
/// Either every block's values are kept, or only the states between blocks, and each block is run
/// again on the way back (Chen et al. 2016): a third more work for some 10 times less memory.
package final class TrainingPass {
  package let batch: Batch
  /// The last layer that was run.
  package let last: Int
  /// The states of the last layer, (tokens, width); gradients start here.
  package let output: MutableMatrix
  private let model: Transformer
  private let context: BlockContext
  private var kept: [BlockBuffers]
  private let keepsBlocks: Bool
  private let inputs: [Matrix]
  private let scratch: BackwardScratch

  /// Bytes a pass takes with every block's values kept.
  package static func bytes(tokens: Int, layers: Int, _ c: ModelConfiguration, keepsBlocks: Bool)
    -> Int
  {
    let block = BlockBuffers.floats(c, training: true)
    let kept = keepsBlocks ? layers * block : layers * c.width + block
    return tokens * (kept + c.width + BackwardScratch.floats(c)) * MemoryLayout<Float>.size
      + packedBytes(tokens: tokens, widths: [c.widestFeedForward, c.widestFeedForward])
  }

  /// What was added to the tokens asked for; nil where none were.
  package private(set) var parts: CapturedParts?

  /// Runs the batch up to a layer.
  ///
  /// - Parameter partsAt: tokens of which is wanted what each block adds to them.
  package init(
    _ model: Transformer, _ batch: Batch, last: Int, adapter: Adapter?, dropout: Dropout? = nil,
    keepsBlocks: Bool, partsAt: [Int] = [], checkpoint: () throws -> Void
  ) throws {
    let c = model.configuration
    let tokens = batch.tokens.count
    self.model = model
    self.batch = batch
    self.last = last
    self.keepsBlocks = keepsBlocks
    let lengths = batch.rows.indices.map { batch.length(ofRow: $0, past: 0) }
    var rotations = RotationTables(positions: lengths.max() ?? 0, c)
    rotations.reserve(rowsOf: lengths)
    context = BlockContext(batch, rotations: rotations, adapter: adapter, dropout: dropout)
    adapter?.fit(to: model)
    scratch = BackwardScratch(tokens: tokens, c)
    output = MutableMatrix(rows: tokens, columns: c.width)
    kept = []
    var inputs: [Matrix] = []
    try model.embed(context, into: output.elements)
    let recorder =
      partsAt.isEmpty ? nil : PartRecorder(tokens: partsAt, width: model.configuration.width)
    recorder?.start(output.elements)
    for block in 0..<last {
      try checkpoint()
      if kept.isEmpty || keepsBlocks {
        kept.append(BlockBuffers(tokens: tokens, c, training: true))
      }
      if !keepsBlocks {
        inputs.append(output.copy())
      }
      let buffers = kept[kept.count - 1]
      buffers.parts = recorder
      model.forward(
        block: block, output.elements, context, buffers, normed: scratch.normed,
        hidden: scratch.hidden)
      buffers.parts = nil
    }
    parts = recorder?.parts
    self.inputs = inputs
  }

  /// The states of a layer up to the last, (tokens, width).
  package func states(layer: Int) -> any ReadableMatrix {
    precondition(layer <= last)
    if layer == last { return output }
    guard keepsBlocks else { return inputs[layer] }
    guard let input = kept[layer].input else {
      preconditionFailure("training buffers without their input")
    }
    return input
  }

  /// Runs back through the blocks and adds to the gradients.
  ///
  /// - Parameter addSlope: called for each layer from the last down to 1 with the gradient of its
  ///   states, (tokens, width), to which it adds what the loss asks of that layer.
  package func backward(
    into gradients: Adapter, checkpoint: () throws -> Void,
    addSlope: (_ layer: Int, _ slope: MutableMatrix) throws -> Void
  ) throws {
    let slope = MutableMatrix(rows: output.rows, columns: output.columns)
    // Below the first block that carries LoRA nothing is trained.
    let lowest = gradients.configuration.blocks.min() ?? last
    guard lowest < last else { return }
    for block in (lowest..<last).reversed() {
      try checkpoint()
      try addSlope(block + 1, slope)
      model.backward(
        block: block, slope.elements, context, buffers(of: block), scratch, into: gradients)
    }
  }

  /// What a block computed on its way, perhaps again.
  private func buffers(of block: Int) -> BlockBuffers {
    guard !keepsBlocks else { return kept[block] }
    let state = MatrixBuilder(copying: inputs[block])
    model.forward(
      block: block, state.elements, context, kept[0], normed: scratch.normed,
      hidden: scratch.hidden)
    return kept[0]
  }

  /// Carries the gradient of one token's state in the last layer back to layer 0 by some rules.
  ///
  /// Where tokens look at none after themselves, those after it cost nothing on the way back.
  ///
  /// - Parameter slope: `width` values.
  /// - Returns: (the token's place + 1 or, where tokens look ahead or have experts, all tokens; width).
  /// - Precondition: the batch is one row.
  package func inputGradient(
    of token: Int, _ slope: [Float], _ rules: BackwardRules, checkpoint: () throws -> Void
  ) throws -> Matrix {
    precondition(batch.rows.count == 1 && slope.count == output.columns)
    // Experts' tokens lie by expert, not by place: theirs are not parted.
    let isParted = model.configuration.isCausal && model.configuration.experts == nil
    let count = isParted ? token + 1 : batch.tokens.count
    var part = Batch()
    part.append(Array(batch.tokens.prefix(count)), of: batch.tokens.count)
    let context = BlockContext(part, rotations: context.rotations, adapter: context.adapter)
    let gradient = MatrixBuilder(rows: count, columns: slope.count)
    gradient.row(token).update(from: slope, count: slope.count)
    for block in (0..<last).reversed() {
      try checkpoint()
      model.backward(
        block: block, gradient.elements, context, buffers(of: block), scratch, into: nil, rules)
    }
    return gradient.frozen()
  }
}
