import LinearAlgebra
import SeerModels
import TestModels
import TestSupport
import Testing

extension TinyFamily {
  var hasExperts: Bool { (try? open().configuration.experts) != nil }
}

/// Fast states and gradients beside those of transformers and peft in float32, and beside exact ones.
struct PrecisionTests {
  static func open(_ family: TinyFamily, _ precision: Precision) throws -> Transformer {
    var model = try family.open()
    model.precision = precision.here
    return model
  }

  /// What is promised of every state, as a share of its length. Tiny random models make most of what
  /// is rounded: their weights are floats, and a few numbers decide everything.
  static let tolerance = 1e-2

  @Test func aMachineWithoutKernelsIsExact() {
    #expect(Precision.exact.here == .exact)
    #expect((Precision.fast.here == .fast) == (BLAS.fastProducts != nil))
    #expect((BLAS.fastProducts != nil) == (BLAS.hasWholeNumbers || BLAS.hasMatrixUnit))
    #expect(BLAS.summary.contains("fast: \(BLAS.fastProducts ?? "exact"),"))
  }

  @Test(arguments: TinyFamily.all)
  func statesAreNearTheReference(family: TinyFamily) throws {
    let model = try Self.open(family, .fast)
    for row in 0..<2 {
      let ids = try family.ids(row)
      let ours = try model.states(ids).flatMap { $0 }
      for (a, b) in zip(ours, try family.golden("\(row).states")) {
        #expect(relativeDistance(a, b) <= Self.tolerance)
      }
    }
  }

  /// The default is what it was, bit for bit; fast is something else.
  @Test func exactIsTheDefault() throws {
    let family = TinyFamily(name: "llama3", format: .gguf)
    let ids = try family.ids(0)
    let usual = try family.open().states(ids)
    #expect(try Self.open(family, .exact).states(ids) == usual)
    #expect(try (Self.open(family, .fast).states(ids) == usual) == (BLAS.fastProducts == nil))
  }

  /// As few tokens and as many take the same numbers, so where weights are whole numbers a token's
  /// state depends on the others by no more than the order of float32 sums.
  @Test(arguments: [[1], [5, 1, 40, 3]])
  func piecesEqualOnePass(sizes: [Int]) throws {
    var model = try TinyLlama.model(.q4_1).transformer
    model.precision = Precision.fast.here
    let c = model.configuration
    let ids = (0..<40).map { Int32($0 * 7 % 60) }
    let cache = KVCache(blocks: c.blocks, width: c.keyWidth)
    var states: [[Float]] = []
    var turn = 0
    while states.count < ids.count {
      let end = min(ids.count, states.count + sizes[turn % sizes.count])
      states += try model.states(
        Array(ids[states.count..<end]), layers: [c.blocks], caches: [cache])[0]
      turn += 1
    }
    let whole = try model.states(ids, layers: [c.blocks])[0]
    for (token, (a, b)) in zip(states, whole).enumerated() {
      // A sum that differs in its last bit may fall to the other side of a rounding.
      #expect(relativeDistance(a, b) <= 1e-3, "token \(token)")
    }
  }

  /// Of families whose tokens all go one way: what goes to another expert has another gradient.
  @Test(arguments: TinyFamily.all.filter { !$0.hasExperts })
  func gradientsAreNearThoseOfExactProducts(family: TinyFamily) throws {
    let ids = try family.ids(0)
    func gradients(_ precision: Precision) throws -> [Float] {
      let model = try Self.open(family, precision)
      let c = model.configuration
      var random = SeededGenerator(seed: 1)
      let lora = LoRAConfiguration(
        rank: 2, alpha: 4, dropout: 0, targets: LoRATarget.allCases,
        blocks: Array(0..<c.blocks))
      let adapter = Adapter(starting: lora, c, using: &random)
      for matrix in adapter.parameters {
        for index in 0..<matrix.count where matrix.elements[index] == 0 {
          matrix.elements[index] = 0.05 * random.normal()
        }
      }
      let pass = try TrainingPass(
        model, Batch([ids]), last: c.blocks, adapter: adapter, keepsBlocks: true, checkpoint: {})
      let slopes = MutableMatrix(rows: ids.count, columns: c.width) { _, _ in random.normal() }
      let result = Adapter(zeros: lora, c)
      try pass.backward(into: result, checkpoint: {}) { layer, slope in
        guard layer == c.blocks else { return }
        for index in 0..<slope.count { slope.elements[index] += slopes.elements[index] }
      }
      return result.parameters.flatMap(\.values)
    }
    let distance = relativeDistance(try gradients(.fast), try gradients(.exact))
    #expect(distance <= 2 * Self.tolerance)
  }
}
