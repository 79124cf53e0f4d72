import SeerFormats
import SeerSupport

extension ModelReader {
  /// Finds every tensor and checks its shape; nothing that lies as we read it is copied.
  ///
  /// - Parameters:
  ///   - headOrder: how the rows of queries and keys lie within each head.
  func transformer(
    _ c: ModelConfiguration, _ names: TensorNames,
    headOrder: StoredMatrix.RowOrder = .asStored
  ) throws(Failure) -> Transformer {
    // Norms are kept as GGUF has them.
    let normOffset = format == .gguf ? 0 : family.normOffset
    func norm(_ name: TensorName, block: Int? = nil, width: Int) throws(Failure) -> Norm {
      Norm(
        weight: try vector(name, block: block, count: width).map { $0 + normOffset },
        bias: name.hasBias
          ? try vector(name, block: block, ending: ".bias", count: width) : nil,
        epsilon: c.epsilon, isCentred: c.centresNorms)
    }
    func headNorm(_ name: TensorName, block: Int, heads: Int) throws(Failure) -> Norm {
      switch names.headNormScope {
      case .shared: return try norm(name, block: block, width: c.headDimension)
      case .whole: return try norm(name, block: block, width: heads * c.headDimension)
      case .own:
        return Norm(
          weight: try headVectors(name, block: block, heads: heads, size: c.headDimension),
          epsilon: c.epsilon, groups: heads, isCentred: c.centresNorms)
      }
    }
    var c = c
    try lookAhead(&c)
    c.normsHeads = !names.headNorms.isEmpty
    // Adapters of models that read pictures too name the way through their text part.
    if source.shownName("") != "" { c.blockPath = "model.language_model.layers" }
    c.normsBranches = names.attentionPostNorm != nil
    // Beside the blocks, wherever these are.
    let outer = c.blockPath.split(separator: ".").dropLast()
    let own = names.embeddings.huggingFace.split(separator: ".").suffix(1)
    c.embeddingsPath = (outer + own).joined(separator: ".")
    c.headPath = names.head.huggingFace
    let embeddings = try matrix(names.embeddings, rows: c.vocabulary, columns: c.width)
    var positions: StoredMatrix?
    if let name = names.positions {
      positions = try matrix(name, rows: c.context, columns: c.width)
    }
    var blocks: [Transformer.Block] = []
    for block in 0..<c.blocks {
      var attentionNorm: Norm?
      if let name = names.attentionNorm {
        attentionNorm = try norm(name, block: block, width: c.width)
      }
      let inputs = try linears(
        names.attentionInputs, block: block, rows: [c.queryWidth, c.keyWidth, c.keyWidth],
        columns: c.width, orders: [headOrder, headOrder, .asStored], c)
      var headNorms: (Norm, Norm)?
      if names.headNorms.count == 2 {
        headNorms = (
          try headNorm(names.headNorms[0], block: block, heads: c.heads),
          try headNorm(names.headNorms[1], block: block, heads: c.kvHeads)
        )
      }
      let output = try linears(
        [names.attentionOutput], block: block, rows: [c.width], columns: c.queryWidth, c)
      var attentionPostNorm: Norm?
      if let name = names.attentionPostNorm {
        attentionPostNorm = try norm(name, block: block, width: c.width)
      }
      var feedForwardNorm = c.isParallel ? attentionNorm : nil
      if let name = names.feedForwardNorm {
        feedForwardNorm = try norm(name, block: block, width: c.width)
      }
      var experts: Experts?
      if let e = c.experts, let own = names.experts, e.blocks.contains(block) {
        experts = try self.experts(names, own, block: block, c, e)
      }
      // What all tokens go through.
      let size = c.ofBlock(block).feedForward
      let dense = experts == nil ? names : names.ofExperts
      let isGated = c.activation.isGated
      let products =
        size == 0
        ? []
        : try linears(
          dense.feedForwardInputs, block: block, rows: isGated ? [size, size] : [size],
          columns: c.width, c)
      let down =
        size == 0
        ? []
        : try linears(
          [dense.feedForwardOutput], block: block, rows: [c.width], columns: size, c)
      var sinks: [Float]?
      if let name = names.sinks {
        sinks = try vector(
          name, block: block, ending: format == .gguf ? ".weight" : "", count: c.heads)
      }
      var feedForwardPostNorm: Norm?
      if let name = names.feedForwardPostNorm {
        feedForwardPostNorm = try norm(name, block: block, width: c.width)
      }
      blocks.append(
        Transformer.Block(
          attentionNorm: attentionNorm, queries: inputs[0], keys: inputs[1], values: inputs[2],
          headNorms: headNorms, output: output[0], attentionPostNorm: attentionPostNorm,
          feedForwardNorm: feedForwardNorm, gate: isGated ? products.first : nil,
          up: products.last, down: down.first, experts: experts, sinks: sinks,
          feedForwardPostNorm: feedForwardPostNorm))
    }
    return Transformer(
      family: family, configuration: c, embeddings: embeddings, positions: positions,
      blocks: blocks,
      finalNorm: try norm(names.finalNorm, width: c.width),
      ownHead: has(names.head)
        ? try matrix(names.head, rows: c.vocabulary, columns: c.width) : nil,
      names: names)
  }

  /// The weights of heads that have their own, head by head.
  private func headVectors(
    _ name: TensorName, block: Int, heads: Int, size: Int
  ) throws(Failure) -> [Float] {
    guard let each = name.ofHeads(heads, format) else {
      return try vector(name, block: block, shape: [heads, size])
    }
    var weights: [Float] = []
    for name in each { weights += try vector(name, block: block, count: size) }
    return weights
  }

  /// How the rows of queries and keys lie in the files of families whose GGUF's are permuted by
  /// llama.cpp's converter: Llama, and what is converted as one.
  func convertedHeads(_ c: ModelConfiguration) throws(Failure) -> StoredMatrix.RowOrder {
    guard format == .gguf else { return .asStored }
    let turning = 2 * c.rope.frequencies.count
    // The converter's permutation of a head that turns in part only is not known.
    guard turning == 0 || turning == c.headDimension else {
      throw unsupported(ModelKey("rope.dimension_count"), "\(c.headDimension), the whole head")
    }
    return .interleavedHeads(headDimension: c.headDimension)
  }

  /// Whether tokens look at those after them, and how far where they look through a window.
  private func lookAhead(_ c: inout ModelConfiguration) throws(Failure) {
    let key = ModelKey("attention.causal", "is_causal")
    // Null is false to transformers.
    guard source.isNull(name(key)) || has(key), try !flag(key, default: false) else { return }
    c.isCausal = false
    guard let window = c.window else { return }
    guard format == .huggingFace || c.slidingBlocks.isEmpty else {
      throw unsupported(key, "true for a model with a window")
    }
    // Both ends of the window are seen.
    c.windowAhead = window
    c.window = window + 1
  }

  /// Linear layers of one input: a tensor each, or one tensor with the rows of all.
  private func linears(
    _ names: [TensorName], block: Int, rows: [Int], columns: Int,
    orders: [StoredMatrix.RowOrder] = [], _ c: ModelConfiguration
  ) throws(Failure) -> [Transformer.Linear] {
    if names.count == rows.count {
      var linears: [Transformer.Linear] = []
      for (index, name) in names.enumerated() {
        let order = index < orders.count ? orders[index] : .asStored
        let weight =
          name.isTransposed && format == .huggingFace
          ? try transposed(name, block: block, rows: rows[index], columns: columns)
          : try matrix(name, block: block, rows: rows[index], columns: columns, order: order)
        var bias = try self.bias(name, block: block, rows: rows[index])
        if case .interleavedHeads = order, let stored = bias {
          bias = (0..<rows[index]).map { stored[weight.storedIndex(of: $0)] }
        }
        linears.append(Transformer.Linear(weight: weight, bias: bias))
      }
      return linears
    }
    let name = names[0]
    let total = rows.reduce(0, +)
    var whole =
      name.isTransposed && format == .huggingFace
      ? try transposed(name, block: block, rows: total, columns: columns)
      : try matrix(name, block: block, rows: total, columns: columns)
    var bias = try self.bias(name, block: block, rows: total)
    if name.isInterleaved, format == .huggingFace {
      let order = interleavedRows(heads: c.heads, headDimension: c.headDimension, parts: 3)
      whole = whole.gathered(rows: order)
      if let stored = bias { bias = order.map { stored[$0] } }
    }
    var first = 0
    return rows.map { count in
      defer { first += count }
      return Transformer.Linear(
        weight: whole.part(rows: first..<first + count),
        bias: bias.map { Array($0[first..<first + count]) })
    }
  }

  private func bias(_ name: TensorName, block: Int, rows: Int) throws(Failure) -> [Float]? {
    name.hasBias ? try vector(name, block: block, ending: ".bias", count: rows) : nil
  }

  /// A copy in memory of a matrix that is stored as (columns, rows).
  private func transposed(
    _ name: TensorName, block: Int, rows: Int, columns: Int
  ) throws(Failure) -> StoredMatrix {
    try matrix(name, block: block, rows: columns, columns: rows).transposed()
  }
}

/// Where rows part by part, head by head, lie among rows head by head, part by part.
func interleavedRows(heads: Int, headDimension: Int, parts: Int) -> [Int] {
  (0..<parts).flatMap { part in
    (0..<heads).flatMap { head in
      (0..<headDimension).map { (head * parts + part) * headDimension + $0 }
    }
  }
}
