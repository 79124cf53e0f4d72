/// What a family calls the tensors of blocks that have experts.
struct ExpertNames: Sendable {
  /// In the order in which they are looked for.
  var routers: [TensorName]
  var forms: [Form]
  /// Gate and up of the part that every token goes through; one tensor with the rows of both.
  var sharedInputs: [TensorName] = []
  var sharedOutput: TensorName?
  /// (1, width), or (width)
  var sharedGate: TensorName?

  /// A way in which all experts' weights lie in a file.
  struct Form: Sendable {
    enum Kind: Sendable {
      /// A tensor for each expert, whose number stands for `@` in the name: (outputs, inputs).
      case each
      /// One for all experts: (experts, outputs, inputs).
      case stacked
      /// One for all experts: (experts, inputs, outputs).
      case transposed
    }

    let kind: Kind
    /// Gate and up; or one with the outputs of both.
    let inputs: [TensorName]
    let output: TensorName
    var ending = ".weight"
    /// What biases end with; nil where there are none.
    var biasEnding: String?
    /// Outputs of gate and up take turns where they are in one tensor; else gate's come first.
    var takesTurns = false

    func renamed(_ change: (TensorName) -> TensorName) -> Form {
      var form = Form(kind: kind, inputs: inputs.map(change), output: change(output))
      (form.ending, form.biasEnding, form.takesTurns) = (ending, biasEnding, takesTurns)
      return form
    }
  }

  func renamed(_ change: (TensorName) -> TensorName) -> ExpertNames {
    ExpertNames(
      routers: routers.map(change), forms: forms.map { $0.renamed(change) },
      sharedInputs: sharedInputs.map(change), sharedOutput: sharedOutput.map(change),
      sharedGate: sharedGate.map(change))
  }

  /// GGUF's: a tensor for all experts, or in older files one for each.
  static let stored = [
    Form(
      kind: .stacked,
      inputs: [TensorName("blk.#.ffn_gate_exps", ""), TensorName("blk.#.ffn_up_exps", "")],
      output: TensorName("blk.#.ffn_down_exps", "")),
    Form(
      kind: .each, inputs: [TensorName("blk.#.ffn_gate.@", ""), TensorName("blk.#.ffn_up.@", "")],
      output: TensorName("blk.#.ffn_down.@", "")),
  ]

  /// Hugging Face's: a tensor for each expert, or, as transformers 5 has them in memory, one for all
  /// experts' gates and ups and one for their downs.
  static func folder(
    _ path: String, gate: String, up: String, down: String
  ) -> [Form] {
    [
      Form(
        kind: .each,
        inputs: [
          TensorName("", path + "experts.@." + gate), TensorName("", path + "experts.@." + up),
        ],
        output: TensorName("", path + "experts.@." + down)),
      Form(
        kind: .stacked, inputs: [TensorName("", "model.layers.#.mlp.experts.gate_up_proj")],
        output: TensorName("", "model.layers.#.mlp.experts.down_proj"), ending: ""),
    ]
  }
}

extension TensorNames {
  /// The same with the shared part of blocks that have experts for the feed-forward part.
  var ofExperts: TensorNames {
    guard let experts, let output = experts.sharedOutput else { return self }
    var names = self
    names.feedForwardInputs = experts.sharedInputs
    names.feedForwardOutput = output
    return names
  }
}
