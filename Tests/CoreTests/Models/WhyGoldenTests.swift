import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// Parts, relevances and lenses of every family's tiny model, alone and with its adapter, against
/// torch and transformers (Fixtures/Why/make_why.py).
struct WhyGoldenTests {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Part: Decodable {
      let block: Int
      let kind: String
      let head: Int?
      let value: Double
    }
    struct Lens: Decodable {
      let ids: [Int32]
      let probabilities: [Double]
    }
    let family: String
    let adapter: Bool
    let row: Int
    let token: Int
    let direction: [Float]
    let parts: [Part]
    let gradient: [Float]
    let attnlrp: [Float]
    let lens: [Lens]

    var testDescription: String { "\(family)\(adapter ? " tuned" : ""), token \(token)" }
    /// Soft caps take some precision.
    var tolerance: Double { family == "gemma2" ? 1e-3 : 2e-4 }

    func opened() throws -> (model: Transformer, ids: [Int32], adapter: Adapter?) {
      let family = TinyFamily(name: family, format: .gguf)
      let model = try family.open()
      return (
        model, try family.ids(row),
        try adapter
          ? AdapterFile.read(family.folder + "/adapter", for: model.configuration) : nil
      )
    }
  }

  static func cases() throws -> [Case] { try Fixtures.golden("Why/why.json") }

  @Test(arguments: try cases())
  func parts(golden: Case) throws {
    let (model, ids, adapter) = try golden.opened()
    let c = model.configuration
    let direction = Matrix(rows: 1, columns: c.width, values: golden.direction)
    let result = try model.forward(
      Batch([ids]), adapter: adapter,
      request: ForwardRequest(
        layers: [c.blocks], spans: [golden.token..<golden.token + 1], partsAt: [golden.token]),
      activations: Activations(capacity: ids.count, configuration: c))
    let pass = try TrainingPass(
      model, Batch([ids]), last: c.blocks, adapter: adapter, keepsBlocks: false,
      partsAt: [golden.token], checkpoint: {})
    for captured in [result.parts, pass.parts] {
      let ours = model.values(of: try #require(captured), along: direction, adapter)[0]
      try #require(ours.count == golden.parts.count)
      for (part, wanted) in zip(ours, golden.parts) {
        #expect(part.block == wanted.block && part.kind.rawValue == wanted.kind)
        #expect(part.head == wanted.head)
      }
      #expect(
        relativeDistance(
          ours.map { Float($0.value) }, golden.parts.map { Float($0.value) }) <= golden.tolerance)
    }
  }

  /// What the parts leave of the state is the biases: nothing, in families without.
  @Test(arguments: try cases().filter { $0.family != "gpt2" && $0.family != "neox" })
  func partsSumToTheState(golden: Case) throws {
    let (model, ids, adapter) = try golden.opened()
    let c = model.configuration
    // Several tokens, out of order, some of which the last block works on alone.
    let asked = [golden.token, 0, 3]
    let result = try model.forward(
      Batch([ids]), adapter: adapter,
      request: ForwardRequest(
        layers: [2], spans: asked.map { $0..<$0 + 1 }, partsAt: asked),
      activations: Activations(capacity: ids.count, configuration: c))
    let directions = Matrix(stacking: result.states, columns: c.width)
    let values = model.values(of: try #require(result.parts), along: directions, adapter)
    for (row, parts) in values.enumerated() {
      let state = directions.values(row: row)
      let whole = state.reduce(0.0) { $0 + Double($1) * Double($1) }
      let sum = parts.reduce(0.0) { $0 + $1.value }
      #expect(abs(sum - whole) <= 2e-5 * whole, "token \(asked[row])")
      #expect(parts.count == 1 + 2 * (c.heads + 1))
    }
  }

  @Test(arguments: try cases(), [true, false])
  func relevances(golden: Case, keepsBlocks: Bool) throws {
    let (model, ids, adapter) = try golden.opened()
    let pass = try TrainingPass(
      model, Batch([ids]), last: model.configuration.blocks, adapter: adapter,
      keepsBlocks: keepsBlocks, checkpoint: {})
    for (rules, wanted) in [
      (BackwardRules.gradient, golden.gradient), (.attnLRP, golden.attnlrp),
    ] {
      let slopes = try pass.inputGradient(
        of: golden.token, golden.direction, rules, checkpoint: {})
      #expect(slopes.rows == golden.token + 1)
      let input = pass.states(layer: 0)
      let ours = ids.indices.map { token in
        token < slopes.rows
          ? (0..<slopes.columns).reduce(Float(0)) {
            $0 + input.start[token * slopes.columns + $1] * slopes[token, $1]
          } : 0
      }
      #expect(relativeDistance(ours, wanted) <= golden.tolerance)
    }
  }

  @Test(arguments: try cases().filter { !$0.adapter })
  func lens(golden: Case) throws {
    let (model, ids, _) = try golden.opened()
    let c = model.configuration
    let result = try model.forward(
      Batch([ids]),
      request: ForwardRequest(
        layers: Array(0...c.blocks), spans: [golden.token..<golden.token + 1]),
      activations: Activations(capacity: ids.count, configuration: c))
    let lens = model.lens(Matrix(stacking: result.states, columns: c.width), top: 5)
    try #require(lens.count == golden.lens.count)
    for (ours, wanted) in zip(lens, golden.lens) {
      #expect(ours.map(\.id) == wanted.ids)
      for (entry, probability) in zip(ours, wanted.probabilities) {
        #expect(abs(entry.probability - probability) <= golden.tolerance)
      }
    }
  }

  /// Adapters of every kind that peft has.
  @Test(arguments: AdapterKindTests.Kind.kinds)
  func adaptersOfEveryKind(kind: AdapterKindTests.Kind) throws {
    let model = try kind.base.open()
    try expectDifferences(
      model, try kind.ids(), try AdapterFile.read(kind.folder, for: model.configuration),
      hasBiases: hasBiases(kind.family) || kind.name.contains("lora-bias"))
  }

  @Test(arguments: TinyFamily.names)
  func everyFamily(name: String) throws {
    let family = try #require(TinyFamily.all.first { $0.name == name })
    try expectDifferences(
      try family.open(), Array(try family.ids(0).prefix(20)), nil, hasBiases: hasBiases(name))
  }

  /// Whether biases are added to the residual stream.
  func hasBiases(_ family: String) -> Bool { ["gpt2", "neox", "gptoss"].contains(family) }

  /// Gradients are central differences of the whole pass, each embedding moved along itself; and
  /// where no bias is added to the stream, parts sum to the state.
  func expectDifferences(
    _ model: Transformer, _ ids: [Int32], _ adapter: Adapter?, hasBiases: Bool
  ) throws {
    let c = model.configuration
    let token = ids.count - 1
    var random = SeededGenerator(seed: 5)
    let direction = (0..<c.width).map { _ in random.normal() }
    let pass = try TrainingPass(
      model, Batch([ids]), last: c.blocks, adapter: adapter, keepsBlocks: true,
      partsAt: [token], checkpoint: {})
    let slopes = try pass.inputGradient(of: token, direction, .gradient, checkpoint: {})
    let input = pass.states(layer: 0)
    func product(_ x: UnsafePointer<Float>, _ y: [Float]) -> Double {
      y.indices.reduce(0) { $0 + Double(x[$1]) * Double(y[$1]) }
    }
    let values = ids.indices.map { product(input.start + $0 * c.width, slopes.values(row: $0)) }
    let largest = values.reduce(0) { max($0, abs($1)) }
    for place in [0, ids.count / 2, token] {
      func moved(_ by: Float) throws -> Double {
        let state = (0..<c.width).map { by * input.start[place * c.width + $0] }
        let result = try model.forward(
          Batch([ids]), adapter: adapter,
          request: ForwardRequest(
            layers: [c.blocks], spans: [token..<token + 1],
            interventions: [Intervention(layer: 0, vector: state, tokens: place..<place + 1)]),
          activations: Activations(capacity: ids.count, configuration: c))
        return product(result.states[0].start, direction)
      }
      let slope = (try moved(2e-3) - moved(-2e-3)) / 4e-3
      #expect(abs(values[place] - slope) <= 1e-2 * largest, "token \(place)")
    }
    let parts = model.values(
      of: try #require(pass.parts), along: Matrix(rows: 1, columns: c.width, values: direction),
      adapter)[0]
    let rest = product(pass.output.row(token), direction) - parts.reduce(0) { $0 + $1.value }
    let size = parts.reduce(0) { $0 + abs($1.value) }
    #expect((abs(rest) <= 1e-5 * size) == !hasBiases, "\(rest) of \(size)")
  }
}
