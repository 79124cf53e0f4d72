import LinearAlgebra
import SeerFormats
import SeerModels
import TestModels
import TestSupport
import Testing

/// What is planned within a limit, and that work keeps to it without changing its numbers.
struct MemoryPlanTests {
  /// 10 blocks of 100 bytes, 200 outside, 1 byte a token and 50 of keys and values.
  func costs(tokens: Int = 2048, copied: Int = 0) -> ModelCosts {
    ModelCosts(
      tokens: tokens, weightBytes: 1200, blocks: 10, blockBytes: 1000, outerBytes: 200,
      copiedBytes: copied, batchBytes: tokens, cacheBytes: 50, operations: 1, rate: nil)
  }

  @Test func everythingFits() throws {
    let plan = try MemoryPlan(costs(), limit: 4000, otherBytes: 30)
    #expect(plan.batchTokens == 2048 && plan.residentBlocks == 10)
    #expect(plan.weightBytes == 1200 && plan.batchBytes == 2048 && plan.otherBytes == 80)
    #expect(plan.bytes == 3328 && plan.spareBytes == 672)
  }

  @Test func theBatchShrinksBeforeWeightsGo() throws {
    let plan = try MemoryPlan(costs(), limit: 2500)
    #expect(plan.batchTokens == 1024 && plan.residentBlocks == 10)
    #expect(plan.bytes == 2274)
    // Never below what a row needs.
    let rows = try MemoryPlan(costs(), limit: 3260, leastTokens: 2000)
    #expect(rows.batchTokens == 2000 && rows.residentBlocks == 10)
  }

  @Test func blocksThatDoNotFitAreReadAgain() throws {
    // 1500 - 250 outside and cached - 100 for the block at work: 575 for the batch at most.
    let plan = try MemoryPlan(costs(), limit: 1500)
    #expect(plan.batchTokens == 512 && plan.residentBlocks == 6)
    #expect(plan.weightBytes == 900 && plan.bytes <= 1500)
    let least = try MemoryPlan(costs(), limit: 351)
    #expect(least.batchTokens == 1 && least.residentBlocks == 0 && least.bytes <= 351)
  }

  @Test func copiesCount() throws {
    #expect(try MemoryPlan(costs(copied: 400), limit: 4000).bytes == 3698)
    #expect(try MemoryPlan(costs(copied: 400), limit: 3500).batchTokens == 1024)
  }

  @Test func whatCannotBeDoneIsRefusedWithItsNeed() throws {
    let failure = try #require(
      thrownFailure { _ = try MemoryPlan(costs(), limit: 500, leastTokens: 300) })
    failure.expect(.usage, place: "--memory", found: "0 MB", wanted: "at least 0 MB")
    let plan = try MemoryPlan(costs(), limit: 500, leastTokens: 300, isStrict: false)
    #expect(plan.batchTokens == 300 && plan.residentBlocks == 0)
  }

  @Test func sizes() {
    #expect(MemoryPlan.size(98_400_000) == "98 MB")
    #expect(MemoryPlan.size(12_000_000_000) == "12.0 GB")
  }

  @Test func aPlanIsOneLine() throws {
    let text = try MemoryPlan(costs(copied: 3_000_000), limit: 3_001_000).description
    #expect(text.contains("blocks stay, the others are read again"))
    #expect(text.contains("weights copied 3 MB") && !text.contains("\n"))
  }

  @Test func whatIsKeptForSpeedIsToldAndCounted() throws {
    let told = Locked<[MemoryPlan]>([])
    let budget = MemoryBudget(limit: 1 << 40) { plan in told.withLock { $0.append(plan) } }
    let bare = try budget.plan(costs())
    #expect(bare.keptBytes == 0 && !bare.description.contains("kept"))
    let plan = try budget.plan(costs()) { spare in
      #expect(spare > 1 << 39)
      return 7_000_000
    }
    #expect(plan.keptBytes == 7_000_000)
    #expect(plan.bytes - plan.otherBytes == bare.bytes - bare.otherBytes + 7_000_000)
    #expect(plan.bytes + plan.spareBytes == 1 << 40)
    #expect(plan.description.contains("blocks kept for the way back 7 MB"))
    #expect(told.withLock { $0 } == [bare, plan])
  }

  @Test(arguments: [TinyFamily(name: "gpt2", format: .huggingFace), TinyFamily.all[0]])
  func givingWeightsBackChangesNothing(family: TinyFamily) throws {
    var model = try family.open()
    let ids = try family.ids(0)
    let states = try model.states(ids)
    model.residentBlocks = 1
    #expect(try model.states(ids) == states)
    #expect(try model.states(ids) == states)
  }

  /// Of a mixture all experts' weights count, since some token goes to each, and of what is
  /// computed those that a token goes to; blocks that do not fit are read again.
  @Test func aMixtureWithinALimit() throws {
    let folder = try TemporaryFolder()
    let path = try TinyMixture.write(into: folder)
    let language = try LanguageModel(path)
    let costs = language.costs(tokens: 256, measuring: false)
    let matrices = try GGUF(path: path).tensors.filter {
      $0.key.hasPrefix("blk.") && $0.value.shape.count > 1
    }
    #expect(costs.blockBytes == matrices.values.reduce(0) { $0 + $1.range.count })
    let met = matrices.reduce(0.0) { sum, tensor in
      let share = tensor.key.contains("_exps") ? Double(TinyMixture.used) / 5 : 1
      return sum + share * Double(tensor.value.shape.reduce(1, *))
    }
    #expect(abs(costs.operations - 2 * 256 * met) < 1)
    let limit = costs.outerBytes + costs.batchBytes + costs.cacheBytes + costs.blockBytes / 2
    let plan = try MemoryPlan(costs, limit: limit)
    #expect(plan.residentBlocks < 3 && plan.bytes <= limit)
    #expect(plan.description.contains("blocks stay, the others are read again"))
    let ids = (0..<120).map { Int32($0 * 7 % 300) }
    let wanted = try language.transformer.states(ids)
    #expect(try language.following(plan).transformer.states(ids) == wanted)
  }

  @Test func copiedWeightsKeepTheirType() throws {
    var random = 1
    let matrix = Matrix(rows: 70, columns: 130) { _, _ in
      random = random &* 48271 % 2_147_483_647
      return Float(random % 1000)
    }
    let stored = StoredMatrix(matrix)
    let transposed = stored.transposed()
    #expect(transposed.rows == 130 && transposed.columns == 70 && !transposed.isMapped)
    let line = MutableMatrix(rows: 1, columns: 70)
    for row in 0..<130 {
      transposed.expand(row: row, into: line.elements)
      #expect(line.values == (0..<70).map { matrix[$0, row] })
    }
    let order = [69, 0, 3, 3]
    let gathered = stored.gathered(rows: order)
    let wide = MutableMatrix(rows: 1, columns: 130)
    for (index, row) in order.enumerated() {
      gathered.expand(row: index, into: wide.elements)
      #expect(wide.values == matrix.values(row: row))
    }
  }
}
