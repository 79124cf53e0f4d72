import LinearAlgebra
import SeerModels

/// One forward pass that can be followed by a backward pass.
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

  /// Runs the batch up to a layer.
  package init(
    _ model: Transformer, _ batch: Batch, last: Int, adapter: Adapter, dropout: Dropout?,
    keepsBlocks: Bool, checkpoint: () throws -> Void
  ) throws {
    let c = model.configuration
    let tokens = batch.tokens.count
    self.model = model
    self.batch = batch
    self.last = last
    self.keepsBlocks = keepsBlocks
    let lengths = batch.rows.map(\.positions)
    var rotations = RotationTables(positions: lengths.max() ?? 0, c)
    rotations.reserve(rowsOf: lengths)
    context = BlockContext(batch, rotations: rotations, adapter: adapter, dropout: dropout)
    scratch = BackwardScratch(tokens: tokens, c)
    output = MutableMatrix(rows: tokens, columns: c.width)
    kept = []
    var inputs: [Matrix] = []
    try model.embed(context, into: output.elements)
    for block in 0..<last {
      try checkpoint()
      if kept.isEmpty || keepsBlocks {
        kept.append(BlockBuffers(tokens: tokens, c, training: true))
      }
      if !keepsBlocks {
        inputs.append(output.copy())
      }
      model.forward(
        block: block, output.elements, context, kept[kept.count - 1], normed: scratch.normed,
        hidden: scratch.hidden)
    }
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
      let buffers = keepsBlocks ? kept[block] : kept[0]
      if !keepsBlocks {
        let state = MatrixBuilder(copying: inputs[block])
        model.forward(
          block: block, state.elements, context, buffers, normed: scratch.normed,
          hidden: scratch.hidden)
      }
      model.backward(
        block: block, slope.elements, context, buffers, scratch, into: gradients)
    }
  }
}
