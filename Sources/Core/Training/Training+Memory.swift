import SeerModels
import SeerRuns
import SeerSupport

extension Training {
  /// The model with the weights kept that fit, and the bytes that one pass may keep.
  ///
  /// Counted beside weights and batch: parameters, their gradients and moments; logits of a block of
  /// tokens; the base's states of retain rows; passes that run every block again on the way back. What
  /// is left within the limit goes to keeping what blocks computed, which saves that.
  package func planned(
    _ language: LanguageModel, _ data: TrainingData
  ) throws(Failure) -> (model: LanguageModel, passBytes: Int) {
    let c = language.configuration
    let top = preset.objective.layers.max() ?? c.blocks
    let longest = data.longestRow
    let longestRetain = data.retain.reduce(0) { max($0, $1.count) }
    let parts = StepParts(preset.parts, ranks: ranks)
    /// The most of a step's rows that this process has at a time: of pairs in all of its parts.
    let pairs = parts.shares(of: preset.batch, by: 2)[ranks.rank].count
    func inOnePart(_ rows: Int) -> Int {
      parts.own.reduce(0) { max($0, parts.rows(of: $1, among: rows).count) }
    }
    let viewTokens = pairs * longest
    let verdictTokens = inOnePart(preset.batch) * data.longestVerdict
    let retainTokens = inOnePart(preset.retainBatch) * longestRetain
    let stateBytes = 4 * (c.blocks + 1) * retainTokens * c.width
    /// What the passes of a step take, and the longest single one, with or without kept blocks.
    func passes(keepsBlocks: Bool) -> [(step: Int, pass: Int)] {
      let concepts = TrainingPass.bytes(
        tokens: viewTokens, layers: top, c, keepsBlocks: keepsBlocks)
      let retain = TrainingPass.bytes(
        tokens: retainTokens, layers: c.blocks, c, keepsBlocks: keepsBlocks)
      let verdicts = TrainingPass.bytes(
        tokens: verdictTokens, layers: c.blocks, c, keepsBlocks: keepsBlocks)
      return [(concepts, concepts), (retain + stateBytes, retain), (verdicts, verdicts)]
    }
    let parameters = preset.adapterBlocks.reduce(0) { sum, index in
      sum
        + language.transformer.blocks[index].weights.reduce(0) {
          $0 + preset.rank * ($1.rows + $1.columns)
        }
    }
    let least = passes(keepsBlocks: false).map(\.step).max() ?? 0
    // Of one part the gradients' sum is its own.
    let gradients = parts.count == 1 && ranks.count == 1 ? 1 : 1 + parts.own.count
    let fixed = 4 * ((5 + gradients) * parameters + 3 * OutputDivergence.block * c.vocabulary)
    var costs = language.costs(
      tokens: max(
        longest, longestRetain, min(Batch.usualTokens, max(viewTokens, retainTokens))),
      measuring: false)
    costs.cacheBytes = 0
    func room(_ spareBytes: Int) -> Int {
      let room = max(0, least + spareBytes - stateBytes)
      return budget.limit == nil ? min(memory, room) : room
    }
    let plan = try budget.plan(
      costs, leastTokens: max(longest, longestRetain, min(viewTokens, Batch.usualTokens)),
      otherBytes: fixed + least,
      keeping: { spareBytes in
        let kept = passes(keepsBlocks: true).filter { $0.pass <= room(spareBytes) }.map(\.step)
        return max(0, (kept.max() ?? 0) - least)
      })
    return (language.following(plan), room(plan.spareBytes + plan.keptBytes))
  }
}
