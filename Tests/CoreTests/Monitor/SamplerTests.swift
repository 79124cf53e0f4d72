import Foundation
import SeerModels
import SeerMonitor
import TestSupport
import Testing

/// What sampling leaves of some logits, against transformers (Fixtures/Monitor/monitor.py).
struct SamplerTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let temperature: Float
      let topK: Int?
      let topP: Float?
      let minP: Float?
      let repetitionPenalty: Float?
      let kept: [Int32]
      let probabilities: [Double]

      var options: SamplingOptions {
        SamplingOptions(
          temperature: temperature, topK: topK ?? 0, topP: topP ?? 1, minP: minP ?? 0,
          repetitionPenalty: repetitionPenalty ?? 1)
      }
    }
    let logits: [Float]
    let text: [Int32]
    let cases: [Case]
  }

  let golden: Golden

  init() throws { golden = try Fixtures.golden("Monitor/sampling.json") }

  @Test(arguments: 0..<8)
  func theSameTokensAreLeft(index: Int) throws {
    let wanted = golden.cases[index]
    let found = Sampler(wanted.options).probabilities(golden.logits, after: golden.text)
    #expect(found.keys.sorted() == wanted.kept)
    for (id, probability) in zip(wanted.kept, wanted.probabilities) {
      #expect(abs((found[id] ?? 0) - probability) < 1e-5)
    }
  }

  @Test func greedyTakesTheLikeliest() {
    var sampler = Sampler(SamplingOptions())
    #expect(sampler.next([1, 3, 3, 2], after: []) == 1)
    var penalised = Sampler(SamplingOptions(repetitionPenalty: 2))
    #expect(penalised.next([1, 3, 2.5, -1], after: [1]) == 2)
    #expect(penalised.next([-3, -1, -2.5], after: [1, 1]) == 1)
    // Penalised once, however often it stands in the text.
    #expect(penalised.next([-3, -1, -2.5], after: [1, 1, 1, 1]) == 1)
  }

  @Test func drawsFollowTheProbabilities() {
    var sampler = Sampler(SamplingOptions(temperature: 1, seed: 5))
    let logits: [Float] = [log(0.5), log(0.3), log(0.2)]
    var counts = [0, 0, 0]
    for _ in 0..<20_000 { counts[Int(sampler.next(logits, after: []))] += 1 }
    for (count, wanted) in zip(counts, [0.5, 0.3, 0.2]) {
      #expect(abs(Double(count) / 20_000 - wanted) < 0.015)
    }
  }

  @Test func theSameSeedDrawsTheSame() {
    func draws(_ seed: UInt64) -> [Int32] {
      var sampler = Sampler(SamplingOptions(temperature: 1.5, topK: 30, seed: seed))
      return (0..<50).map { _ in sampler.next(golden.logits, after: []) }
    }
    #expect(draws(1) == draws(1) && draws(1) != draws(2))
  }
}
