import LinearAlgebra
import SeerModels
import TestModels
import TestSupport
import Testing

/// Some tokens' states and logits are the same whether or not the others' were asked for.
struct LastBlockTests {
  /// Rows of one batch, the last of them tuned, after a few cached tokens each.
  struct Setting {
    let model: Transformer
    let adapter: Adapter
    let rows: [[Int32]]
    let caches: [KVCache]

    init(_ family: TinyFamily) throws {
      model = try family.open()
      let c = model.configuration
      adapter = try AdapterFile.read(family.folder + "/adapter", for: c)
      let ids = try family.ids(0)
      rows = [Array(ids.dropFirst(3)), Array(ids.dropFirst(5)), Array(ids.dropFirst(2))]
      caches = rows.map { _ in KVCache(blocks: c.blocks, width: c.keyWidth) }
      _ = try run(
        [ids.prefix(3), ids.prefix(5), ids.prefix(2)].map(Array.init),
        ForwardRequest(
          layers: [c.blocks], spans: []))
    }

    func run(_ rows: [[Int32]], _ request: ForwardRequest) throws -> ForwardResult {
      let batch = Batch(rows)
      return try model.forward(
        batch, caches: caches, adapter: adapter, adaptedRows: 2..<3, request: request,
        activations: Activations(
          capacity: batch.tokens.count, configuration: model.configuration))
    }
  }

  @Test(arguments: TinyFamily.all)
  func someTokens(family: TinyFamily) throws {
    let c = try family.open().configuration
    var random = SeededGenerator(seed: 7)
    for share in [8, 3] {
      let (some, all) = (try Setting(family), try Setting(family))
      let tokens = some.rows.reduce(0) { $0 + $1.count }
      // Single tokens and neighbours, both ends among them.
      let asked = (0..<tokens).filter {
        $0 == 0 || $0 == tokens - 1 || Int(random.next() % UInt64(share)) == 0
      }
      try #require(2 * asked.count <= tokens)
      let part = try some.run(
        some.rows,
        ForwardRequest(
          layers: [1, c.blocks], spans: asked.map { $0..<$0 + 1 }, logitsAt: [tokens - 1]))
      let whole = try all.run(
        all.rows,
        ForwardRequest(
          layers: [1, c.blocks], spans: (0..<tokens).map { $0..<$0 + 1 }, logitsAt: [tokens - 1]))
      for layer in 0..<2 {
        for (place, token) in asked.enumerated() {
          let (a, b) = (
            part.states[layer].values(row: place), whole.states[layer].values(row: token)
          )
          #expect(relativeDistance(a, b) <= 1e-5, "layer \(layer), token \(token)")
        }
      }
      let logits = try (#require(part.logits), #require(whole.logits))
      #expect(relativeDistance(logits.0.values, logits.1.values) <= 1e-5)
      // The caches hold all tokens' keys and values.
      for (a, b) in zip(some.caches, all.caches) {
        try #require(a.count == b.count)
        for block in 0..<c.blocks {
          for (x, y) in [
            (a.block(block).keys, b.block(block).keys),
            (a.block(block).values, b.block(block).values),
          ] {
            let count = a.count * c.keyWidth
            #expect(
              relativeDistance(Array(x.values.prefix(count)), Array(y.values.prefix(count)))
                <= 1e-5, "block \(block)")
          }
        }
      }
    }
  }

  /// A row in a batch with an adapter for others is the base model's.
  @Test(arguments: TinyFamily.all)
  func rowsWithoutTheAdapter(family: TinyFamily) throws {
    let setting = try Setting(family)
    let ids = try family.ids(0)
    let blocks = setting.model.configuration.blocks
    let tokens = setting.rows.reduce(0) { $0 + $1.count }
    let both = try setting.run(
      setting.rows,
      ForwardRequest(layers: [blocks], spans: (0..<tokens).map { $0..<$0 + 1 })
    ).states[0]
    let base = try setting.model.states(ids, layers: [blocks])[0]
    let tuned = try setting.model.states(ids, layers: [blocks], adapter: setting.adapter)[0]
    let start = setting.rows[0].count + setting.rows[1].count
    for (token, state) in base.dropFirst(3).enumerated() {
      #expect(relativeDistance(both.values(row: token), state) <= 1e-5, "base, token \(token)")
    }
    for (token, state) in tuned.dropFirst(2).enumerated() {
      #expect(
        relativeDistance(both.values(row: start + token), state) <= 1e-5, "tuned, token \(token)")
    }
    #expect(relativeDistance(tuned[ids.count - 1], base[ids.count - 1]) > 1e-3)
  }
}
