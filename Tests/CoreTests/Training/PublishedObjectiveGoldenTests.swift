import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns
import SeerTraining
import TestModels
import TestSupport
import Testing

/// The published objectives, fine-tuning and rerouting against torch
/// (Fixtures/Training/make_objectives.py).
struct PublishedObjectiveGoldenTests {
  struct Case: Decodable {
    let name: String
    let objective: ObjectiveName
    let layers: [Int]
    let positions: [Position]
    let blocks: [Int]
    let group: Int
    let contrastive: Contrast
    let klWeight: Double
    let progress: Double
    let terms: [String: Double]
    let total: Double
    let meanSame: Double?
    let meanDifferent: Double?

    enum CodingKeys: String, CodingKey {
      case name, objective, layers, positions, blocks, group, contrastive
      case klWeight = "kl_weight"
      case progress, terms, total
      case meanSame = "mean_same"
      case meanDifferent = "mean_diff"
    }
  }

  struct Golden: Decodable {
    let side: Int
    let sftWeight: Double
    let rerouteAlpha: Double
    let requests: [Int]
    let answers: [[Int]]
    let cases: [Case]

    enum CodingKeys: String, CodingKey {
      case side
      case sftWeight = "sft_weight"
      case rerouteAlpha = "reroute_alpha"
      case requests, answers, cases
    }
  }

  static let caseNames = [
    "infonce.3.last", "infonce.2+3.prompt-end+last", "nt-xent.3.last",
    "nt-xent.2+3.prompt-end+last", "seer-pair.2+3.prompt-end+last", "infonce.3.last.group-4",
    "seer.3.last.blocks-1+3", "released.2+3.prompt-end+last",
    "released.2.last.contrastive-nt-xent.group-6",
    "released.2.prompt-end+last.contrastive-nt-xent.kl_weight-1", "sft.2.last",
    "sft+seer.2+3.prompt-end+last", "reroute.2+3.last.progress-0.3", "reroute.2.last.progress-1.0",
  ]

  let golden: Golden
  let rows: TrainingGolden

  init() throws {
    golden = try JSONDecoder().decode(
      Golden.self, from: Data(bytes(ofFile: TrainingGolden.folder + "/objectives.json")))
    rows = try TrainingGolden.load()
  }

  @Test func everyCaseIsTested() {
    #expect(golden.cases.map(\.name) == Self.caseNames)
  }

  private func objective(_ test: Case) -> Objective {
    let isReleased = test.objective == .released
    var objective = Objective(
      name: test.objective, temperature: rows.temperature,
      contrastiveWeight: isReleased ? 10 : rows.weights.contrastive,
      retainWeight: isReleased ? 1 : rows.weights.retain,
      klWeight: isReleased ? test.klWeight : rows.weights.kl, layers: test.layers,
      positions: test.positions)
    objective.group = test.group
    objective.contrastive = test.contrastive
    for option in test.objective.kind.options {
      objective[option] = option.key == "sft_weight" ? golden.sftWeight : golden.rerouteAlpha
    }
    return objective
  }

  private func batch(_ test: Case) -> TrainingBatch {
    var batch = rows.batch(test.positions)
    batch.verdicts = zip(batch.rows, golden.answers).map { row, answer in
      Verdict.Row(ids: row.ids, answer: answer[0]..<answer[1])
    }
    batch.rows = zip(batch.rows, golden.requests).map { row, request in
      TrainingRow(ids: row.ids, spans: row.spans, request: request, source: row.source)
    }
    batch.progress = test.progress
    return batch
  }

  @Test(arguments: Self.caseNames)
  func lossesAndGradients(name: String) throws {
    let test = try #require(golden.cases.first { $0.name == name })
    let theirs = try TrainingGolden.tensors("objectives.safetensors")
    let model = try TinyLlama.model()
    let c = model.configuration
    let adapter = try rows.adapter(
      "start", blocks: test.blocks.map { $0 - 1 }, in: TrainingGolden.tensors(), c)
    let ours = try ComputedLoss(
      model, objective(test), batch(test), adapter, pad: rows.pad, side: golden.side)
    for (column, value) in test.terms {
      let term = try #require(test.objective.kind.terms.first { $0.column == column })
      #expect(abs(ours.terms[term] - value) <= 1e-5 * max(1, abs(value)), "\(column)")
    }
    #expect(abs(ours.terms.total - test.total) <= 1e-5 * abs(test.total))
    if let same = test.meanSame, let different = test.meanDifferent {
      #expect(abs(ours.terms[.meanSame] - same) <= 1e-5)
      #expect(abs(ours.terms[.meanDifferent] - different) <= 1e-5)
    }
    var compared = 0
    for matrix in TrainingGolden.matrices(ours.gradients, c) {
      guard let expected = theirs["\(name)/\(matrix.name)"] else { continue }
      compared += 1
      #expect(relativeDistance(TrainingGolden.values(matrix), expected) <= 1e-4, "\(matrix.name)")
    }
    #expect(compared == 6 * test.blocks.count)
  }

  /// Pads that nobody reads need not be there: with and without them a row ends in the same state.
  @Test func aPadStandsWhereItStood() throws {
    let model = try TinyLlama.model()
    let c = model.configuration
    let ids = rows.rows[1].ids
    var padded = Batch()
    padded.append(ids, padding: 9, with: 0)
    var short = Batch()
    short.append([7, 8])
    short.append(ids, padding: 1, with: 0, gap: 8)
    func last(_ batch: Batch) throws -> [Float] {
      let end = batch.tokens.count - 1
      return try model.transformer.forward(
        batch, request: ForwardRequest(layers: [3], spans: [end..<end + 1]),
        activations: Activations(capacity: batch.tokens.count, configuration: c)
      ).states[0].values
    }
    let (whole, left) = (try last(padded), try last(short))
    #expect(relativeDistance(left, whole) <= 1e-6)
    // Its place matters.
    var near = Batch()
    near.append(ids, padding: 1, with: 0)
    #expect(relativeDistance(try last(near), whole) > 1e-3)
  }
}
