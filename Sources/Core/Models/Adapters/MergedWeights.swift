import CKernels
import SeerFormats

/// A model's matrices with an adapter added to them: W + scale * B A, row by row.
package struct MergedWeights {
  package let model: Transformer
  package let adapter: Adapter

  package init(model: Transformer, adapter: Adapter) {
    self.model = model
    self.adapter = adapter
    adapter.fit(to: model)
  }

  /// What of the adapter no weights of this model could hold; nil where there is nothing.
  package var unmergeable: String? {
    if adapter.isBiased { return "biases of its own (lora_bias, bias)" }
    let ends = adapter.ends
    let isTied = model.ownHead == nil && !ends.sharesEmbeddings
    guard isTied, ends.changesOneEnd else { return nil }
    return "embeddings or a head of its own, where the model has one matrix for both"
  }

  /// A matrix that is in no block.
  package enum End: Sendable {
    case embeddings, head
  }

  /// One stored matrix under its names in both file formats.
  package struct Weight {
    package let gguf: String
    package let huggingFace: String
    /// The projections whose rows it has, one below the other; or the one matrix that is none.
    package let parts: [(target: LoRATarget?, matrix: StoredMatrix)]
    package let block: Int?
    let end: End?
    /// How Hugging Face has it (``TensorName``).
    let isTransposed: Bool
    let isInterleaved: Bool

    package var rows: Int { parts.reduce(0) { $0 + $1.matrix.rows } }
    package var columns: Int { parts.first?.matrix.columns ?? 0 }

    package init(
      gguf: String, huggingFace: String, parts: [(target: LoRATarget?, matrix: StoredMatrix)],
      block: Int?, end: End? = nil, isTransposed: Bool, isInterleaved: Bool
    ) {
      self.gguf = gguf
      self.huggingFace = huggingFace
      self.parts = parts
      self.block = block
      self.end = end
      self.isTransposed = isTransposed
      self.isInterleaved = isInterleaved
    }

    /// A matrix that no adapter touches, in the order of its file.
    package init(_ name: String, _ matrix: StoredMatrix) {
      self.init(
        gguf: name, huggingFace: name, parts: [(nil, matrix)], block: nil, isTransposed: false,
        isInterleaved: false)
    }

    /// Our row that the file has at this place.
    package func row(ofStored index: Int) -> Int {
      parts.count == 1 ? parts[0].matrix.row(ofStored: index) : index
    }
  }

  /// The model's matrices in the order of a forward pass.
  package var weights: [Weight] {
    func weight(
      _ name: TensorName, block: Int? = nil, end: End? = nil,
      _ parts: [(LoRATarget?, StoredMatrix)]
    ) -> Weight {
      Weight(
        gguf: name.stored(.gguf, block: block) + ".weight",
        huggingFace: name.stored(.huggingFace, block: block) + ".weight", parts: parts,
        block: block, end: end, isTransposed: name.isTransposed, isInterleaved: name.isInterleaved)
    }
    /// A tensor for each projection, or one for all.
    func weights(
      _ names: [TensorName], block: Int, _ parts: [(LoRATarget?, StoredMatrix)]
    ) -> [Weight] {
      names.count == parts.count
        ? zip(names, parts).map { weight($0, block: block, [$1]) }
        : [weight(names[0], block: block, parts)]
    }
    let names = model.names
    let ends = adapter.ends
    var all = [
      weight(names.embeddings, end: .embeddings, [(nil, ends.embeddings ?? model.embeddings)])
    ]
    for (index, block) in model.blocks.enumerated() {
      all += weights(
        names.attentionInputs, block: index,
        [
          (.queries, block.queries.weight), (.keys, block.keys.weight),
          (.values, block.values.weight),
        ])
      all.append(weight(names.attentionOutput, block: index, [(.output, block.output.weight)]))
      guard let up = block.up, let down = block.down else { continue }
      let names = block.experts == nil ? names : names.ofExperts
      let gate = block.gate.map { [(LoRATarget?.some(.gate), $0.weight)] } ?? []
      all += weights(names.feedForwardInputs, block: index, gate + [(.up, up.weight)])
      all.append(weight(names.feedForwardOutput, block: index, [(.down, down.weight)]))
    }
    if let head = model.ownHead {
      all.append(weight(names.head, end: .head, [(nil, ends.head ?? head)]))
    }
    return all
  }

  /// Expands one of our rows, with the adapter's part added; `target` takes `columns` floats.
  package func expand(_ weight: Weight, row: Int, into target: UnsafeMutablePointer<Float>) {
    var inPart = row
    var projection: LoRATarget?
    for part in weight.parts {
      guard inPart >= part.matrix.rows else {
        part.matrix.expand(row: inPart, into: target)
        projection = part.target
        break
      }
      inPart -= part.matrix.rows
    }
    switch weight.end {
    case .embeddings: adapter.ends.addEmbedding(of: row, to: target)
    case .head: adapter.ends.addHead(row: row, to: target)
    case nil: break
    }
    guard let block = weight.block, let projection,
      let pair = adapter.pair(block: block, projection)
    else { return }
    // A projection may be a part of what the adapter has as one layer.
    let place = pair.firstRow(of: projection, model.configuration.ofBlock(block)) + inPart
    pair.add(row: place, to: target)
    if let factor = pair.changes?.factor {
      sk_scale(target, pair.inputs, factor.elements[place])
    }
  }
}
