import LinearAlgebra
import SeerModels
import SeerSupport

/// A layer's monitor, and a concept's place in it.
package struct ConceptReader: Sendable {
  package var monitor: Monitor
  package var concept: Int
}

/// What gave a concept its score at one token, by side, the side asked for first.
package struct PromptWhy: Equatable, Sendable {
  package var sides: [Conversation.Side]
  /// One for each of the sides that are done.
  package var explanations: [Explanation]

  package init(sides: [Conversation.Side], explanations: [Explanation]) {
    self.sides = sides
    self.explanations = explanations
  }
}

/// What every part gave to a concept at one token, at every layer that has a monitor.
package struct PartsByLayer: Equatable, Sendable {
  /// Ascending.
  package var layers: [Int]
  /// By side, then by layer: the parts below it, in the order of ``Explanation/parts``.
  package var parts: [[[PartValue]]]

  package init(layers: [Int], parts: [[[PartValue]]]) {
    self.layers = layers
    self.parts = parts
  }

  /// What one part gave at each layer; nil below its block.
  ///
  /// - Parameter side: a place among the sides asked for.
  package func values(_ block: Int, _ kind: PartValue.Kind, head: Int?, side: Int) -> [Double?] {
    guard parts.indices.contains(side) else { return [] }
    return parts[side].map { parts in
      parts.first { $0.block == block && $0.kind == kind && $0.head == head }?.value
    }
  }
}

/// What a token is about to be followed by, layer by layer.
package struct PromptLens: Equatable, Sendable {
  package struct Guess: Equatable, Sendable {
    package var text: String
    package var probability: Float

    package init(text: String, probability: Float) {
      self.text = text
      self.probability = probability
    }
  }

  package var sides: [Conversation.Side]
  /// By side, then by layer from 0: the likeliest, likeliest first.
  package var layers: [[[Guess]]]

  package init(sides: [Conversation.Side], layers: [[[Guess]]]) {
    self.sides = sides
    self.layers = layers
  }
}

/// Says of a live prompt's tokens what wrote their scores and what comes next. It has its own copy
/// of the adapter and reads the text by itself, so that the chat (``LivePrompt``) is free for whoever
/// types: its jobs may stand back at any checkpoint. It belongs to a lock that one job has.
package final class PromptReasons {
  private let language: LanguageModel
  private let adapter: Adapter?

  /// - Parameter adapter: its folder.
  package init(_ language: LanguageModel, adapter: String?) throws(Failure) {
    self.language = language
    self.adapter = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: language.configuration)
    }
  }

  private func adapter(of side: Conversation.Side) -> Adapter? { side == .tuned ? adapter : nil }

  /// Explains one token for each of the sides.
  ///
  /// - Parameters:
  ///   - readers: by side, in the order of ``Conversation/Side``, of one layer.
  ///   - onSide: called with what there is after each side.
  package func explain(
    _ ids: [Int32], token: Int, sides: [Conversation.Side], _ readers: [ConceptReader],
    _ context: JobContext, onSide: (PromptWhy) -> Void = { _ in }
  ) throws -> PromptWhy {
    var why = PromptWhy(sides: sides, explanations: [])
    for side in sides {
      guard let reader = reader(side, readers) else { break }
      let explainer = Explainer(language, adapter: adapter(of: side), monitor: reader.monitor)
      why.explanations += try explainer.explain(
        ids, [(token: token, concept: reader.concept)], checkpoint: context.checkpoint)
      onSide(why)
    }
    return why
  }

  /// What every part gave at every layer: one pass for each side.
  ///
  /// - Parameter readers: by side, then by layer.
  package func partsByLayer(
    _ ids: [Int32], token: Int, sides: [Conversation.Side], _ readers: [[Int: ConceptReader]],
    _ context: JobContext
  ) throws -> PartsByLayer {
    try language.check(ids)
    let layers = readers.first.map { $0.keys.sorted() } ?? []
    guard let last = layers.last, ids.indices.contains(token) else {
      return PartsByLayer(layers: [], parts: [])
    }
    var batch = Batch()
    let isCausal = language.configuration.isCausal
    batch.append(isCausal ? Array(ids[...token]) : ids, of: ids.count)
    let parts = try sides.map { side -> [[PartValue]] in
      guard let readers = reader(side, readers) else { return [] }
      let adapter = adapter(of: side)
      // The token once for each layer: each has a direction of its own.
      let pass = try TrainingPass(
        language.transformer, batch, last: last, adapter: adapter, keepsBlocks: false,
        partsAt: layers.map { _ in token }, checkpoint: context.checkpoint)
      guard let captured = pass.parts else { return [] }
      let width = language.configuration.width
      let directions = layers.flatMap { layer -> [Float] in
        let states = pass.states(layer: layer)
        guard let reader = readers[layer] else { return [Float](repeating: 0, count: width) }
        return reader.monitor.logit(reader.concept, of: states.start + token * width).held
      }
      try context.checkpoint()
      let values = language.transformer.values(
        of: captured, along: Matrix(rows: layers.count, columns: width, values: directions),
        adapter)
      return zip(layers, values).map { layer, values in values.filter { $0.block <= layer } }
    }
    return PartsByLayer(layers: layers, parts: parts)
  }

  /// What each layer would say after a token, for each of the sides.
  package func lens(
    _ ids: [Int32], token: Int, sides: [Conversation.Side], top: Int = 3, _ context: JobContext
  ) throws -> PromptLens {
    let layers = try sides.map { side in
      try language.lens(
        ids, token, top: top, adapter: adapter(of: side), checkpoint: context.checkpoint
      ).map { guesses in
        guesses.map {
          PromptLens.Guess(
            text: tokenTexts([$0.id], language.tokenizer).joined(),
            probability: Float($0.probability))
        }
      }
    }
    return PromptLens(sides: sides, layers: layers)
  }

  private func reader<Reader>(_ side: Conversation.Side, _ readers: [Reader]) -> Reader? {
    readers.indices.contains(side.rawValue) ? readers[side.rawValue] : readers.first
  }
}
