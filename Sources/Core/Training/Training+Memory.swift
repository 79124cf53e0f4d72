import LinearAlgebra

extension Training {
  /// The model with the weights kept that fit, and the bytes that one pass may keep.
  ///
  /// Counted beside weights and batch: parameters, their gradients and moments; logits of a block of
  /// tokens; the base's states of retain rows; passes that run every block again on the way back. What
  /// is left within the limit goes to keeping what blocks computed, which saves that.
  func planned(
    _ language: LanguageModel, _ data: TrainingData
  ) throws(Failure) -> (model: LanguageModel, passBytes: Int) {
    let c = language.configuration
    let isReleased = preset.objective.name == .released
    let top = preset.objective.layers.max() ?? c.blocks
    let longest = data.rows.reduce(1) { $1.forms.reduce($0) { max($0, $1.ids.count) } }
    let longestRetain = data.retain.reduce(0) { max($0, $1.count) }
    // Both views of the published objective are run before either goes back.
    let views = isReleased ? 2 : 1
    let viewTokens = (preset.batch + views - 1) / views * longest
    let retainTokens = preset.retainBatch * longestRetain
    let concepts = TrainingPass.bytes(tokens: viewTokens, layers: top, c, keepsBlocks: false)
    let retain =
      TrainingPass.bytes(tokens: retainTokens, layers: c.blocks, c, keepsBlocks: false)
      + 4 * (c.blocks + 1) * retainTokens * c.width
    let parameters = language.transformer.blocks.prefix(top).reduce(0) { sum, block in
      sum + block.weights.reduce(0) { $0 + preset.rank * ($1.rows + $1.columns) }
    }
    let passes = max(views * concepts, retain)
    let fixed = 4 * (6 * parameters + 3 * OutputDivergence.block * c.vocabulary)
    var costs = language.costs(
      tokens: max(
        longest, longestRetain, min(Extraction.batchTokens, max(viewTokens, retainTokens))),
      measuring: false)
    costs.cacheBytes = 0
    let plan = try budget.plan(
      costs, leastTokens: max(longest, longestRetain, min(viewTokens, Extraction.batchTokens)),
      otherBytes: fixed + passes)
    let room = (passes + plan.spareBytes) / views
    return (language.following(plan), budget.limit == nil ? min(memory, room) : room)
  }
}
