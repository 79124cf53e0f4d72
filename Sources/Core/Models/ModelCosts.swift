import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport

/// What running a model takes on this machine.
package struct ModelCosts: Equatable, Sendable {
  /// The tokens that are spoken of below.
  package var tokens: Int
  /// Bytes of the weights as stored; mapped, so the kernel can drop and reread them.
  package var weightBytes: Int
  /// Blocks, and the bytes of all blocks' matrices that are read where they are mapped.
  package var blocks: Int
  package var blockBytes: Int
  /// Bytes of the mapped matrices outside of blocks: embeddings, positions, head.
  package var outerBytes: Int
  /// Bytes of matrices that had to be copied into memory, in another order.
  package var copiedBytes: Int
  /// Bytes of working memory for one batch, and of the states of all layers of its last tokens.
  package var batchBytes: Int
  /// Bytes of the keys and values of a conversation of that many tokens.
  package var cacheBytes: Int
  /// Multiplications and additions for all tokens, of experts those that they go to, without attention's quadratic part.
  package var operations: Double
  /// The machine's rate of float32 products, operations a second; nil where it was not measured.
  package var rate: Double?

  package init(
    tokens: Int, weightBytes: Int, blocks: Int, blockBytes: Int, outerBytes: Int, copiedBytes: Int,
    batchBytes: Int, cacheBytes: Int, operations: Double, rate: Double? = nil
  ) {
    self.tokens = tokens
    self.weightBytes = weightBytes
    self.blocks = blocks
    self.blockBytes = blockBytes
    self.outerBytes = outerBytes
    self.copiedBytes = copiedBytes
    self.batchBytes = batchBytes
    self.cacheBytes = cacheBytes
    self.operations = operations
    self.rate = rate
  }

  /// Seconds for the tokens at the machine's rate: what a run comes near to but cannot beat.
  package var seconds: Double? { rate.map { operations / $0 } }
}

extension LanguageModel {
  /// What a run over `tokens` tokens takes; measures the machine for a tenth of a second.
  package func costs(tokens: Int, measuring: Bool = true) -> ModelCosts {
    let c = configuration
    var weightBytes = 0
    var products = 0
    var blockBytes = 0
    var copiedBytes = 0
    for name in source.tensorNames {
      guard let tensor = source.tensor(name) else { continue }
      weightBytes += tensor.range.count
    }
    for block in transformer.blocks {
      products += block.products(c)
      for weight in block.weights {
        if weight.isMapped { blockBytes += weight.bytes } else { copiedBytes += weight.bytes }
      }
    }
    let outer = [transformer.embeddings, transformer.positions, transformer.ownHead]
    return ModelCosts(
      tokens: tokens, weightBytes: weightBytes, blocks: c.blocks, blockBytes: blockBytes,
      outerBytes: outer.reduce(0) { $0 + ($1?.bytes ?? 0) }, copiedBytes: copiedBytes,
      batchBytes: Activations.bytes(tokens: tokens, configuration: c),
      cacheBytes: 2 * c.blocks * c.keyWidth * tokens * MemoryLayout<Float>.size,
      operations: 2 * Double(products) * Double(tokens),
      rate: measuring ? Self.productRate() : nil)
  }

  /// Operations a second of a float32 matrix product on all cores: the best of a few.
  private static func productRate() -> Double {
    let size = 768
    let workers = Parallel.workers
    let a = Matrix(rows: size, columns: size) { row, column in Float(row ^ column) * 1e-3 }
    let products = (0..<workers).map { _ in MutableMatrix(rows: size, columns: size) }
    var best = Double.infinity
    let clock = ContinuousClock()
    let start = clock.now
    repeat {
      let time = clock.measure {
        Parallel.forEach(workers) { worker in
          BLAS.sgemm(
            transposeB: true, m: size, n: size, k: size, a.elements, stride: size, a.elements,
            stride: size, beta: 0, into: products[worker].elements, stride: size)
        }
      }
      best = min(
        best, Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds))
    } while start.duration(to: clock.now) < .milliseconds(100)
    return 2 * Double(workers * size * size * size) / max(best, 1e-9)
  }
}

extension Transformer.Block {
  /// Multiplications of one token with the block's weights: of its experts those that it goes to.
  package func products(_ c: ModelConfiguration) -> Int {
    func count(_ weights: [StoredMatrix]) -> Int { weights.reduce(0) { $0 + $1.rows * $1.columns } }
    guard let experts, let e = c.experts else { return count(weights) }
    let chosen = experts.experts.prefix(e.used).flatMap { [$0.gate, $0.up, $0.down] }
    return count(weights) - count(experts.linears.map(\.weight))
      + count(([experts.router] + chosen).map(\.weight))
  }
}

extension LanguageModel {
  /// This model, with weights kept or given back as the plan says.
  package func following(_ plan: MemoryPlan) -> LanguageModel {
    var model = self
    model.transformer.residentBlocks = plan.residentBlocks
    model.batchTokens = plan.batchTokens
    return model
  }

  /// This model for reading many rows, in batches that keep to a budget.
  ///
  /// - Parameters:
  ///   - leastTokens: what a batch must hold, such as the longest row.
  ///   - otherBytes: what the work takes besides.
  package func planned(
    _ memory: MemoryBudget, leastTokens: Int = 1, otherBytes: Int = 0
  ) throws(Failure) -> LanguageModel {
    var costs = costs(tokens: min(Batch.usualTokens, configuration.context), measuring: false)
    costs.cacheBytes = 0
    return following(
      try memory.plan(costs, leastTokens: leastTokens, otherBytes: otherBytes))
  }
}
