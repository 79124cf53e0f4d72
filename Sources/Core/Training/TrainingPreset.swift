import Foundation
import SeerModels
import SeerRuns
import SeerSupport

/// Everything that decides what training does, apart from model, data and seed: a value that is
/// also a JSON file users can copy and edit.
package struct TrainingPreset: Equatable, Sendable, Codable {
  package enum Schedule: String, NamedChoice {
    case constant, cosine
  }

  package var objective: Objective
  package var rank: Int
  package var alpha: Double
  package var dropout: Double
  package var targets: [LoRATarget]
  /// Blocks that carry the adapter, from 1 as layers are; empty: those up to the highest target layer.
  package var loraLayers: [Int] = []
  package var learningRate: Double
  package var schedule: Schedule
  /// Steps over which the rate rises from 0.
  package var warmup: Int
  package var weightDecay: Double
  /// The adapter that is judged and written is the running mean of those that the steps left; this
  /// is the weight that the mean so far keeps at a step (less in the first steps). 0: no mean.
  package var average: Double
  /// The gradients' largest common norm; 0 leaves them as they are.
  package var clip: Double
  /// Concept rows a step.
  package var batch: Int
  /// Retain rows a step.
  package var retainBatch: Int
  package var steps: Int
  /// Times that every concept row is drawn, in place of `steps`; 0: `steps` decides.
  package var epochs = 0
  /// At most so many rows of a concept are trained on, drawn by the seed; 0: all.
  package var rowsPerConcept = 0
  /// Parts in which a step is computed, whoever computes them (``StepParts``).
  package var parts = 1
  package var maxTokens: Int
  /// Shares of rows shown as prompt and response, prompt only, response only.
  package var rowMix: [Double]
  /// The largest share of a row's response (where it has none, of its prompt) that is left off at
  /// the end, drawn anew each time the row is; 0: rows are shown whole.
  package var crop: Double
  /// The share of rows of prompt and response whose prompt is another row's of their concept, where
  /// both have a response: a text that says the same in words that were not seen together.
  package var recombine: Double
  /// Held-out figures and a checkpoint every so many steps.
  package var evaluateEvery: Int
  /// The adapter and the held-out rows' states are kept every so many steps; 0: none are.
  package var keep = 0
  /// The share of the concept rows that is held out to judge by; prompts stay whole.
  package var heldOut: Double
  /// Ends with the checkpoint that did best on held-out rows, among those whose KL on held-out
  /// retain rows is at most this; 0: ends with the last step.
  package var bestWithinKL: Double

  package init(
    objective: Objective, rank: Int, alpha: Double, dropout: Double, targets: [LoRATarget],
    learningRate: Double, schedule: Schedule, warmup: Int, weightDecay: Double, average: Double,
    clip: Double, batch: Int, retainBatch: Int, steps: Int, maxTokens: Int, rowMix: [Double],
    crop: Double, recombine: Double, evaluateEvery: Int, heldOut: Double, bestWithinKL: Double
  ) {
    self.objective = objective
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmup = warmup
    self.weightDecay = weightDecay
    self.average = average
    self.clip = clip
    self.batch = batch
    self.retainBatch = retainBatch
    self.steps = steps
    self.maxTokens = maxTokens
    self.rowMix = rowMix
    self.crop = crop
    self.recombine = recombine
    self.evaluateEvery = evaluateEvery
    self.heldOut = heldOut
    self.bestWithinKL = bestWithinKL
  }

  /// A file without it was written by 0.1, where a name had another meaning.
  private var version = Self.version
  private static let version = 2

  package enum CodingKeys: String, CodingKey {
    case version, objective, rank, alpha, dropout, targets
    case loraLayers = "lora_layers"
    case learningRate = "learning_rate"
    case schedule, warmup
    case weightDecay = "weight_decay"
    case average, clip, batch
    case retainBatch = "retain_batch"
    case steps, epochs
    case rowsPerConcept = "rows_per_concept"
    case parts
    case maxTokens = "max_tokens"
    case rowMix = "row_mix"
    case crop, recombine
    case evaluateEvery = "evaluate_every"
    case keep
    case heldOut = "held_out"
    case bestWithinKL = "best_within_kl"
  }

  /// Keys that are not there are `standard`'s: earlier versions did not have them all.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self = .standard
    func read<T: Decodable>(_ key: CodingKeys, _ path: WritableKeyPath<Self, T>) throws {
      if let value = try values.decodeIfPresent(T.self, forKey: key) { self[keyPath: path] = value }
    }
    try read(.objective, \.objective)
    try read(.rank, \.rank)
    try read(.alpha, \.alpha)
    try read(.dropout, \.dropout)
    try read(.targets, \.targets)
    try read(.loraLayers, \.loraLayers)
    try read(.learningRate, \.learningRate)
    try read(.schedule, \.schedule)
    try read(.warmup, \.warmup)
    try read(.weightDecay, \.weightDecay)
    try read(.average, \.average)
    try read(.clip, \.clip)
    try read(.batch, \.batch)
    try read(.retainBatch, \.retainBatch)
    try read(.steps, \.steps)
    try read(.epochs, \.epochs)
    try read(.rowsPerConcept, \.rowsPerConcept)
    try read(.parts, \.parts)
    try read(.maxTokens, \.maxTokens)
    try read(.rowMix, \.rowMix)
    try read(.crop, \.crop)
    try read(.recombine, \.recombine)
    try read(.evaluateEvery, \.evaluateEvery)
    try read(.keep, \.keep)
    try read(.heldOut, \.heldOut)
    try read(.bestWithinKL, \.bestWithinKL)
    // Version 0.1 wrote none, and called another objective `nt-xent`.
    if try values.decodeIfPresent(Int.self, forKey: .version) == nil,
      objective.name == .ntXent
    {
      objective.name = .seerPair
    }
  }

  /// What serves the default model best (docs/training.md has the measurements).
  package static let standard = TrainingPreset(
    objective: Objective(
      retainWeight: 0.004, klWeight: 4, layers: [24], positions: [.last, .mean]),
    rank: 16, alpha: 16, dropout: 0.1, targets: LoRATarget.allCases, learningRate: 6e-4,
    schedule: .cosine, warmup: 6, weightDecay: 0, average: 0, clip: 1, batch: 32, retainBatch: 4,
    steps: 70, maxTokens: 160, rowMix: [0.85, 0, 0.15], crop: 0.5, recombine: 0, evaluateEvery: 35,
    heldOut: 0.1, bestWithinKL: 0)

  /// The published values: 8 pairs and 8 retain rows, constant rate 1e-4, mixed rows.
  package static let paper = TrainingPreset(
    objective: standard.objective.replaced(by: .released),
    rank: 16, alpha: 16, dropout: 0.05, targets: LoRATarget.allCases, learningRate: 1e-4,
    schedule: .constant, warmup: 0, weightDecay: 0, average: 0, clip: 0, batch: 16, retainBatch: 8,
    steps: 300, maxTokens: 512, rowMix: [0.75, 0.125, 0.125], crop: 0, recombine: 0,
    evaluateEvery: 25, heldOut: 0.2, bestWithinKL: 0)

  /// A preset by name, or from a JSON file of its keys; those left out are `standard`'s.
  package static func named(_ name: String) throws(Failure) -> TrainingPreset {
    if let known = table.first(where: { $0.name == name }) { return known.preset }
    guard FileManager.default.fileExists(atPath: name) else {
      throw Failure(
        .missingInput, file: name, found: "no preset of that name and no such file",
        wanted: "one of \(names.joined(separator: ", ")), or a JSON file")
    }
    let file = try MappedFile(path: name)
    do {
      let given = try JSONSerialization.jsonObject(with: file.data)
      // The keys of the objective that the file asks for.
      var complete = standard
      if let known = try objective(of: given, file: name) {
        complete.objective = standard.objective.replaced(by: known)
      }
      let whole = try JSONSerialization.jsonObject(with: JSONEncoder().encode(complete))
      var merged = try merge(given, into: whole, file: name, place: "")
      if var object = merged as? [String: Any],
        let objective = object["objective"] as? [String: Any]
      {
        object["objective"] = objective.merging(["name": complete.objective.name.rawValue]) { $1 }
        merged = object
      }
      return try JSONDecoder().decode(
        TrainingPreset.self, from: JSONSerialization.data(withJSONObject: merged))
    } catch var failure as Failure {
      if failure.file == nil { failure.file = name }
      throw failure
    } catch DecodingError.dataCorrupted {
      // The decoder names no key of a number that its type cannot hold.
      throw Failure(
        .badData, file: name, place: unfit(file.data).map { "key \($0)" },
        found: "a number that cannot be used", wanted: "numbers as in seer preset standard",
        advice: "Counts are whole numbers; write those without a point.")
    } catch {
      throw Failure(
        .badData, file: name, found: "a preset that cannot be read: \(Run.reason(error))",
        wanted: "the keys of a preset",
        advice: "Start from the one that training wrote to preset.json beside an adapter.")
    }
  }

  /// The key of a preset's file whose value alone cannot be decoded.
  private static func unfit(_ data: Data) -> String? {
    guard let given = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any],
      let whole = try? JSONSerialization.jsonObject(with: JSONEncoder().encode(standard))
    else { return nil }
    return given.keys.sorted().first { key in
      let merged = try? merge([key: given[key] ?? 0], into: whole, file: "", place: "")
      guard let merged, let data = try? JSONSerialization.data(withJSONObject: merged) else {
        return false
      }
      return (try? JSONDecoder().decode(TrainingPreset.self, from: data)) == nil
    }
  }

  /// The objective that a preset's object asks for; nil where it asks for none. A key that the objective
  /// does not read is refused.
  private static func objective(of given: Any, file: String) throws(Failure) -> ObjectiveName? {
    guard let given = given as? [String: Any] else { return nil }
    if let found = given["version"], found as? Int != version {
      throw Failure(
        .badData, file: file, place: "version", found: "\(found)", wanted: "\(version)",
        advice: "It was written by another version of seer.")
    }
    guard let objective = given["objective"] as? [String: Any] else { return nil }
    var asked: ObjectiveName?
    if let name = objective["name"] as? String {
      asked = ObjectiveName(rawValue: name)
      if asked == nil {
        throw Failure(
          .badData, file: file, place: "objective.name", found: "`\(name)`",
          wanted: "one of " + ObjectiveName.allCases.map(\.rawValue).joined(separator: ", "))
      }
      // Version 0.1 wrote every key and no version, and called another objective `nt-xent`.
      let written: [ObjectiveField] = [
        .temperature, .contrastiveWeight, .retainWeight, .klWeight, .positions,
      ]
      if asked == .ntXent, given["version"] == nil,
        written.allSatisfy({ objective[$0.rawValue] != nil })
      {
        asked = .seerPair
      }
    }
    let name = asked ?? standard.objective.name
    for field in ObjectiveField.allCases
    where objective[field.rawValue] != nil && !name.kind.reads.contains(field) {
      throw field.unread(by: name, file: file)
    }
    return asked
  }

  /// The keys of `given` in place of those of `whole`; a key that `whole` has not is an error, since
  /// it would be a misspelt one.
  private static func merge(
    _ given: Any, into whole: Any, file: String, place: String
  ) throws -> Any {
    guard let given = given as? [String: Any], var merged = whole as? [String: Any] else {
      return given
    }
    for (key, value) in given {
      guard let standard = merged[key] else {
        throw Failure(
          .badData, file: file, place: place + key, found: "an unknown key",
          wanted: "one of \(merged.keys.sorted().joined(separator: ", "))")
      }
      merged[key] = try merge(value, into: standard, file: file, place: place + key + ".")
    }
    return merged
  }

  /// The rate of a step, counted from 0.
  package func rate(step: Int) -> Double {
    if step < warmup { return learningRate * Double(step + 1) / Double(warmup) }
    guard schedule == .cosine, steps > warmup else { return learningRate }
    let done = Double(step - warmup) / Double(steps - warmup)
    return learningRate * 0.5 * (1 + cos(.pi * min(1, done)))
  }

  /// The same with target layers as numbers, for a model; throws where a value cannot be used with it.
  package func resolved(for c: ModelConfiguration) throws(Failure) -> TrainingPreset {
    var preset = self
    preset.objective = objective.resolved(blocks: c.blocks)
    try preset.check(c)
    return preset
  }

  /// Counts the steps of the epochs asked for.
  package mutating func count(rows: Int) throws(Failure) {
    guard epochs > 0 else { return }
    let (draws, overflow) = rows.multipliedReportingOverflow(by: epochs)
    // A file without a row to train on is refused where it is read.
    let steps = max(1, draws / batch + (draws % batch > 0 ? 1 : 0))
    guard !overflow, steps <= Self.mostSteps else {
      throw Failure(
        .usage, place: "--epochs", found: "\(epochs) of \(rows) rows",
        wanted: "at most \(Self.mostSteps) steps")
    }
    self.steps = steps
  }

  /// Blocks that carry the adapter, from 0. Precondition: target layers are numbers.
  package var adapterBlocks: [Int] {
    loraLayers.isEmpty
      ? Array(0..<(objective.layers.max() ?? 0)) : Set(loraLayers).sorted().map { $0 - 1 }
  }

  /// Throws where none of the projections asked for is a layer that takes LoRA: experts take none.
  private func checkTargets(_ c: ModelConfiguration) throws(Failure) {
    let blocks = adapterBlocks.filter { (0..<c.blocks).contains($0) }
    let there = Set(blocks.flatMap { c.ofBlock($0).modules.flatMap(\.targets) })
    guard !blocks.isEmpty, !targets.contains(where: there.contains) else { return }
    func names(_ targets: [LoRATarget]) -> String {
      targets.map(\.rawValue).joined(separator: ", ")
    }
    throw Failure(
      .usage, place: "targets", found: names(targets),
      wanted: "some of \(names(LoRATarget.allCases.filter(there.contains))), which are layers of "
        + "the blocks that carry the adapter",
      advice: c.experts == nil ? nil : "LoRA on experts and routers is not supported.")
  }

  /// More steps are a slip of the hand.
  package static let mostSteps = 10_000_000
  /// Rows a step: a contrastive loss holds a number for every pair of them.
  private static let mostRows = 4096

  /// Throws where a value cannot be used with the model, or, without one, with any.
  package func check(_ model: ModelConfiguration? = nil) throws(Failure) {
    func bad(_ option: String, _ found: Any, _ wanted: String) -> Failure {
      Failure(.usage, place: option, found: "\(found)", wanted: wanted)
    }
    func check(_ option: String, _ value: Int, from least: Int, to most: Int) throws(Failure) {
      guard value >= least else { throw bad(option, value, "\(least) or more") }
      guard value <= most else { throw bad(option, value, "at most \(most)") }
    }
    func check(_ option: String, _ value: Double, to most: Double) throws(Failure) {
      guard value >= 0, value.isFinite else { throw bad(option, value, "0 or more") }
      guard value <= most else { throw bad(option, value, "at most \(most)") }
    }
    func checkPositive(_ option: String, _ value: Double, to most: Double) throws(Failure) {
      guard value > 0, value.isFinite else { throw bad(option, value, "above 0") }
      guard value <= most else { throw bad(option, value, "at most \(most)") }
    }
    func list(_ layers: [Int]) -> String { layers.map(String.init).joined(separator: ",") }
    let blocks = model?.blocks ?? .max
    // Shares of the depth are numbers once the model is known.
    let hasTarget = !objective.layers.isEmpty || (model == nil && !objective.shares.isEmpty)
    guard hasTarget, objective.layers.allSatisfy({ (1...blocks).contains($0) }) else {
      let layers = list(objective.layers)
      throw bad(
        "--layer", layers.isEmpty ? "none" : layers,
        "layers from 1" + (model.map { " to \($0.blocks)" } ?? ""))
    }
    if let layer = Self.repeated(objective.layers) {
      throw bad("--layer", "\(layer) twice", "each layer once")
    }
    guard !objective.positions.isEmpty, !objective.positions.contains(.all) else {
      throw bad(
        "--position", objective.positions.isEmpty ? "none" : "all", "last, prompt-end or mean")
    }
    if let position = Self.repeated(objective.positions) {
      throw bad("--position", "\(position) twice", "each position once")
    }
    let readable = objective.name.kind.positions
    if objective.name.kind.reads.contains(.positions),
      let other = objective.positions.first(where: { !readable.contains($0) })
    {
      throw bad(
        "--position", other,
        readable.map(\.rawValue).joined(separator: " or ")
          + ", the places that \(objective.name.rawValue) reads")
    }
    guard loraLayers.allSatisfy({ (1...blocks).contains($0) }) else {
      throw bad(
        "--lora-layers", list(loraLayers),
        "blocks from 1" + (model.map { " to \($0.blocks)" } ?? ""))
    }
    if let lowest = loraLayers.min(), let highest = objective.layers.max(), lowest > highest,
      model != nil
    {
      throw bad(
        "--lora-layers", list(loraLayers),
        "one at least up to the target layer \(highest): later blocks do not change its states")
    }
    guard objective.group >= 0, objective.group % 2 == 0,
      objective.group == 0 || batch % objective.group == 0
    else {
      throw bad(
        "--group", objective.group, "an even number of rows that divides --batch (\(batch))")
    }
    guard objective.harmful.allSatisfy({ !$0.isEmpty }) else {
      throw bad("--harmful", "an empty name", "names of concepts")
    }
    guard epochs >= 0 else { throw bad("--epochs", epochs, "1 or more") }
    guard rowsPerConcept == 0 || rowsPerConcept >= 2 else {
      throw bad("--rows-per-concept", rowsPerConcept, "2 or more: a row needs a partner")
    }
    guard keep >= 0 else { throw bad("--keep", keep, "1 or more") }
    let mostRank = min(model?.width ?? 1024, 1024)
    guard (1...mostRank).contains(rank) else { throw bad("--rank", rank, "1 to \(mostRank)") }
    try checkPositive("--alpha", alpha, to: 1e6)
    guard (0..<1).contains(dropout) else { throw bad("--dropout", dropout, "0 to below 1") }
    try checkPositive("--learning-rate", learningRate, to: 1e20)
    guard (2...Self.mostRows).contains(batch), batch % 2 == 0 else {
      throw bad(
        "--batch", batch,
        "an even number of rows from 2 to \(Self.mostRows): each row has a partner")
    }
    try check("--parts", parts, from: 1, to: Self.mostRows)
    try check("--retain-batch", retainBatch, from: 0, to: Self.mostRows)
    try check("--steps", steps, from: 1, to: Self.mostSteps)
    guard (1...(model?.context ?? .max)).contains(maxTokens) else {
      let wanted = model.map { "1 to \($0.context), the model's context" }
      throw bad("--max-tokens", maxTokens, wanted ?? "1 or more")
    }
    if let c = model, objective.name.kind.rows == .requestsAndResponses, maxTokens > c.context / 2 {
      throw bad(
        "--max-tokens", maxTokens,
        "at most \(c.context / 2), half of the model's context: "
          + "\(objective.name.rawValue) pads requests and responses to as many each")
    }
    guard rowMix.count == 3, rowMix.allSatisfy({ $0 >= 0 && $0.isFinite }),
      (1e-9...1e9).contains(rowMix.reduce(0, +))
    else {
      throw bad("row_mix", rowMix, "three shares")
    }
    guard (0..<1).contains(crop) else { throw bad("crop", crop, "0 to below 1") }
    guard (0...1).contains(recombine) else { throw bad("recombine", recombine, "0 to 1") }
    guard (0..<1).contains(average) else { throw bad("average", average, "0 to below 1") }
    try check("--evaluate-every", evaluateEvery, from: 1, to: Self.mostSteps)
    guard (0.01...0.5).contains(heldOut) else { throw bad("held_out", heldOut, "0.01 to 0.5") }
    guard !targets.isEmpty else { throw bad("targets", "none", "one or more projections") }
    if let model { try checkTargets(model) }
    try checkPositive("temperature", objective.temperature, to: 1e4)
    try check("warmup", warmup, from: 0, to: Self.mostSteps)
    for (option, value) in [
      ("--contrastive-weight", objective.contrastiveWeight),
      ("--retain-weight", objective.retainWeight), ("--kl-weight", objective.klWeight),
      ("weight_decay", weightDecay), ("clip", clip), ("best_within_kl", bestWithinKL),
    ] {
      try check(option, value, to: 1e9)
    }
    for option in objective.name.kind.options where !option.range.contains(objective[option]) {
      let range = "\(option.range.lowerBound) to \(option.range.upperBound)"
      throw bad(option.key, objective[option], range)
    }
  }

  /// The first value that is there before.
  private static func repeated<Value: Equatable>(_ values: [Value]) -> Value? {
    values.indices.first { values[..<$0].contains(values[$0]) }.map { values[$0] }
  }
}
