/// A linear layer of a block as the reference implementation has it: one of our projections, or
/// several in one.
package struct LoRAModule: Equatable, Sendable {
  /// Its path within a block; the last part is what PEFT calls it.
  package let path: String
  /// The projections that its rows make, in their order.
  package let targets: [LoRATarget]
  /// The reference's weight is (inputs, outputs): PEFT's `fan_in_fan_out`.
  package let isTransposed: Bool
  /// The reference's rows are head by head; see ``interleavedRows(heads:headDimension:parts:)``.
  package let isInterleaved: Bool

  package init(
    _ path: String, _ targets: [LoRATarget], isTransposed: Bool = false,
    isInterleaved: Bool = false
  ) {
    self.path = path
    self.targets = targets
    self.isTransposed = isTransposed
    self.isInterleaved = isInterleaved
  }

  package var name: String { path.split(separator: ".").last.map(String.init) ?? path }

  /// (outputs, inputs) of the layer.
  package func shape(_ c: ModelConfiguration) -> (outputs: Int, inputs: Int) {
    (
      targets.reduce(0) { $0 + $1.shape(c).outputs },
      targets.first?.shape(c).inputs ?? 0
    )
  }

  /// Our row for each of the reference's, or nil where they are in the same order.
  func rowOrder(_ c: ModelConfiguration) -> [Int]? {
    guard isInterleaved else { return nil }
    let stored = interleavedRows(
      heads: c.heads, headDimension: c.headDimension, parts: targets.count)
    var ours = [Int](repeating: 0, count: stored.count)
    for (row, place) in stored.enumerated() { ours[place] = row }
    return ours
  }

  /// A layer for each projection, as in Llama and most others.
  package static let separate =
    attention + [
      LoRAModule("mlp.gate_proj", [.gate]),
      LoRAModule("mlp.up_proj", [.up]),
      LoRAModule("mlp.down_proj", [.down]),
    ]

  /// Those of attention.
  static let attention = [
    LoRAModule("self_attn.q_proj", [.queries]),
    LoRAModule("self_attn.k_proj", [.keys]),
    LoRAModule("self_attn.v_proj", [.values]),
    LoRAModule("self_attn.o_proj", [.output]),
  ]
}
