import SeerFormats
import SeerSupport

extension ModelKey {
  /// The experts of a block, by the names that most families take.
  static let experts = ModelKey("expert_count", "num_local_experts", "num_experts")
}

extension ModelReader {
  /// The sizes of the experts, which all blocks have.
  ///
  /// - Parameters:
  ///   - weighting: theirs, where a GGUF file does not say.
  ///   - key: under which their number stands.
  func experts(
    _ c: ModelConfiguration, _ weighting: ExpertConfiguration.Weighting,
    count key: ModelKey = .experts
  ) throws(Failure) -> ExpertConfiguration {
    let usedKey = ModelKey("expert_used_count", "num_experts_per_tok")
    let sizeKey = ModelKey("expert_feed_forward_length", "moe_intermediate_size")
    let count = try integer(key, in: 1...1 << 16)
    let used = try integer(usedKey, in: 1...1 << 16)
    guard used <= count else { throw wrongKey(usedKey, "at most \(count), the experts") }
    return ExpertConfiguration(
      count: count, used: used,
      feedForward: has(sizeKey) ? try integer(sizeKey, in: 1...1 << 20) : c.feedForward,
      weighting: try storedWeighting ?? weighting, blocks: Set(0..<c.blocks))
  }

  /// What a GGUF file says of weights.
  private var storedWeighting: ExpertConfiguration.Weighting? {
    get throws(Failure) {
      let key = ModelKey("expert_weights_norm")
      guard format == .gguf, has(key) else { return nil }
      return try flag(key, default: false) ? .normalised : .all
    }
  }

  /// The blocks that have a router.
  func routedBlocks(_ names: TensorNames, of blocks: Int) -> Set<Int> {
    Set((0..<blocks).filter { router(names, block: $0) != nil })
  }

  private func router(_ names: TensorNames, block: Int) -> TensorName? {
    names.experts?.routers.first { has($0, block: block) }
  }

  /// The experts of one block.
  func experts(
    _ names: TensorNames, _ own: ExpertNames, block: Int, _ c: ModelConfiguration,
    _ e: ExpertConfiguration
  ) throws(Failure) -> Experts {
    let name = router(names, block: block) ?? own.routers[0]
    let router = Transformer.Linear(
      weight: try matrix(name, block: block, rows: e.count, columns: c.width),
      bias: name.hasBias ? try vector(name, block: block, ending: ".bias", count: e.count) : nil)
    var gate: [Float]?
    if let name = own.sharedGate, e.shared > 0 {
      gate =
        format == .gguf
        ? try vector(name, block: block, count: c.width)
        : try floats(self.name(name, block: block), [1, c.width])
    }
    let usable = own.forms.filter { !$0.output.stored(format).isEmpty }
    guard
      let form = usable.first(where: {
        source.tensor(self.name($0.output, $0.ending, block, 0)) != nil
      }) ?? usable.first
    else { preconditionFailure("a family whose experts have no names") }
    var inputs: [[Transformer.Linear]] = []
    if form.inputs.count == 2 {
      for name in form.inputs {
        inputs.append(
          try linears(name, form, block: block, rows: e.feedForward, columns: c.width, e.count))
      }
    } else {
      let both = try linears(
        form.inputs[0], form, block: block, rows: 2 * e.feedForward, columns: c.width, e.count)
      inputs = [0, 1].map { part in both.map { $0.half(part, inTurn: form.takesTurns) } }
    }
    let outputs = try linears(
      form.output, form, block: block, rows: c.width, columns: e.feedForward, e.count)
    return Experts(
      router: router,
      experts: (0..<e.count).map {
        Experts.Expert(gate: inputs[0][$0], up: inputs[1][$0], down: outputs[$0])
      }, sharedGate: gate)
  }

  private func name(
    _ name: TensorName, _ ending: String, _ block: Int, _ expert: Int
  ) -> String {
    name.stored(format, block: block).split(separator: "@", omittingEmptySubsequences: false)
      .joined(separator: String(expert)) + ending
  }

  /// One linear layer of every expert, where it lies.
  private func linears(
    _ name: TensorName, _ form: ExpertNames.Form, block: Int, rows: Int, columns: Int, _ count: Int
  ) throws(Failure) -> [Transformer.Linear] {
    var weights: [StoredMatrix] = []
    switch form.kind {
    case .each:
      for expert in 0..<count {
        weights.append(try matrix(self.name(name, form.ending, block, expert), [rows, columns]))
      }
    case .stacked:
      let whole = try matrix(self.name(name, form.ending, block, 0), [count, rows, columns])
      weights = (0..<count).map { whole.part(rows: $0 * rows..<($0 + 1) * rows) }
    case .transposed:
      let whole = try matrix(self.name(name, form.ending, block, 0), [count, columns, rows])
      weights = (0..<count).map {
        whole.part(rows: $0 * columns..<($0 + 1) * columns).transposed()
      }
    }
    guard let ending = form.biasEnding else {
      return weights.map { Transformer.Linear(weight: $0) }
    }
    let biases = try floats(self.name(name, ending, block, 0), [count, rows])
    return weights.enumerated().map { expert, weight in
      Transformer.Linear(
        weight: weight, bias: Array(biases[expert * rows..<(expert + 1) * rows]))
    }
  }
}

extension Transformer.Linear {
  /// Half of the outputs: the first or second ones, or every other one.
  fileprivate func half(_ part: Int, inTurn: Bool) -> Transformer.Linear {
    let count = weight.rows / 2
    guard inTurn else {
      let range = part * count..<(part + 1) * count
      return Transformer.Linear(
        weight: weight.part(rows: range), bias: bias.map { Array($0[range]) })
    }
    return Transformer.Linear(
      weight: weight.everyOtherRow(from: part),
      bias: bias.map { bias in (0..<count).map { bias[2 * $0 + part] } })
  }
}
