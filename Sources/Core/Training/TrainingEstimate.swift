import SeerModels
import SeerSupport
import SeerTokenizers

/// What a training will take, before it is started.
package struct TrainingEstimate: Equatable, Sendable {
  package var seconds: Double
  /// Bytes beyond the mapped weights.
  package var memory: Int
  package var trainRows: Int
  package var heldOutRows: Int

  package init(seconds: Double, memory: Int, trainRows: Int, heldOutRows: Int) {
    self.seconds = seconds
    self.memory = memory
    self.trainRows = trainRows
    self.heldOutRows = heldOutRows
  }
}

extension Training {
  /// Reads the files, times one forward pass of a few rows on this machine, and counts: a step
  /// passes concept rows up to the highest target layer and back, retain rows through the whole
  /// model with and without the adapter and back; every judgement passes the held-out rows.
  package func estimate(_ context: JobContext) throws -> TrainingEstimate {
    let language = try LanguageModel(model, chat: chat, precision: precision)
    let c = language.configuration
    var preset = try chosenPreset(for: language)
    let data = try TrainingData(
      concepts: concepts, retain: retain, columns: columns,
      renderer: RowRenderer(language.tokenizer, template: template, maxTokens: preset.maxTokens),
      preset: preset, seed: seed)
    try preset.count(rows: data.train.reduce(0) { $0 + $1.count })
    try context.checkpoint()
    let lengths = data.rows.map { $0.forms[0].ids.count }
    let rowTokens = Double(lengths.reduce(0, +)) / Double(max(1, lengths.count))
    let retainTokens =
      Double(data.retain.reduce(0) { $0 + $1.count }) / Double(max(1, data.retain.count))
    let sample = Batch(data.rows.prefix(4).map { $0.forms[0].ids })
    let started = ContinuousClock.now
    _ = try language.transformer.forward(
      sample,
      request: ForwardRequest(layers: [c.blocks], spans: [0..<1]),
      activations: Activations(capacity: sample.tokens.count, configuration: c),
      checkpoint: context.checkpoint)
    let tokenSeconds =
      started.duration(to: .now).seconds / Double(max(1, sample.tokens.count))
    let depth = Double(preset.objective.layers.max() ?? c.blocks) / Double(c.blocks)
    let concept = Double(preset.batch) * rowTokens * depth * 2
    let kept = data.retain.isEmpty ? 0 : Double(preset.retainBatch) * retainTokens
    // Base, tuned and back, with logits at every token for the KL.
    let head = Double(c.vocabulary) / (12 * Double(c.blocks) * Double(c.width))
    let retained = kept * (3 + 3 * head)
    // With the question a row is some twice as long; its pass goes through the whole model and back.
    let asked =
      preset.objective.name.kind.rows == .verdicts ? 2 * Double(preset.batch) * rowTokens * 3 : 0
    let judged =
      Double(data.heldOut.count + data.concepts.count * HeldOutJudge.prototypeRows) * rowTokens
      * depth
    let judgements = Double(preset.steps / preset.evaluateEvery + 2)
    let seconds =
      tokenSeconds * (Double(preset.steps) * (concept + retained + asked) + judgements * judged)
    let tokens = Int(Double(preset.batch) * rowTokens + kept)
    let activations = Activations.bytes(tokens: max(1, tokens), configuration: c)
    return TrainingEstimate(
      seconds: seconds, memory: min(memory, activations * c.blocks / 2) + activations,
      trainRows: data.train.reduce(0) { $0 + $1.count }, heldOutRows: data.heldOut.count)
  }
}
