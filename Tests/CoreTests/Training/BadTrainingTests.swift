import Foundation
import SeerFormats
import SeerModels
import SeerSupport
import SeerTraining
import TestModels
import TestSupport
import Testing

/// Trainings that cannot be run, each refused by a message that says why.
struct BadTrainingTests {
  @Test func oneConceptOnly() throws {
    let test = try TinyTraining(concepts: TinyTraining.concepts(names: ["red"]))
    try test.failure().expect(
      file: test.folder("concepts.csv"), found: "one concept only (red)", wanted: "two",
      advice: "another concept")
  }

  @Test func aConceptWithOneRow() throws {
    for (name, rows) in [("alone", "x,,alone\n"), ("zeta", "x,,zeta\n")] {
      let test = try TinyTraining(concepts: TinyTraining.concepts() + rows)
      try test.failure().expect(
        file: test.folder("concepts.csv"), place: "concept `\(name)`", found: "row",
        wanted: "2 or more", advice: "Add rows")
    }
  }

  /// Rows of split `test` are not trained on; a concept that has no others has none.
  @Test(arguments: ["alpha", "zeta"])
  func aConceptOfTestRowsOnly(name: String) throws {
    var text = "prompt,value,split\n"
    for row in 0..<8 { text += "p\(row),\(row % 2 == 0 ? "green" : "red"),train\n" }
    text += "q,\(name),test\nr,\(name),test\ns,red,test\n"
    let test = try TinyTraining(concepts: text)
    try test.failure().expect(
      file: test.folder("concepts.csv"), place: "concept `\(name)`", found: "0 rows",
      wanted: "2 or more")
  }

  @Test func noRowsToTrainOn() throws {
    let test = try TinyTraining(
      concepts: "prompt,value,split\na,red,test\nb,blue,test\nc,red,test\nd,blue,test\n")
    try test.failure().expect(file: test.folder("concepts.csv"), found: "0 rows")
  }

  @Test func noRetainRows() throws {
    let without = try TinyTraining(retain: nil)
    try without.failure().expect(
      place: "--retain", found: "no retain rows", advice: "--retain-batch 0")
    let empty = try TinyTraining(retain: "prompt,response\n")
    let failure = try empty.failure()
    #expect(failure.kind == .badData && failure.file == empty.retain, "\(failure)")
    // Those who ask for none get none.
    let asked = try TinyTraining(retain: nil) { $0.retainBatch = 0 }
    let figures = try asked.run().after
    #expect(figures.kl == nil && figures.accuracy != nil, "no retain row says anything of KL")
    let unweighted = try TinyTraining(retain: nil) { preset in
      preset.objective.retainWeight = 0
      preset.objective.klWeight = 0
    }
    #expect(try unweighted.run().steps == 5)
    // A file that is not there is not the same as no file.
    var absent = try TinyTraining()
    absent.retain = absent.folder("absent.csv")
    try absent.failure().expect(.missingInput, file: absent.folder("absent.csv"), found: "")
  }

  /// The published objective needs retain rows too, or goes without their term.
  @Test func releasedWithoutRetainRows() throws {
    let test = try TinyTraining(retain: nil) { preset in
      preset.objective = preset.objective.replaced(by: .released)
      preset.retainBatch = 0
    }
    var terms: [LossTerms] = []
    try test.run { if let step = $0.terms { terms.append(step) } }
    #expect(terms.count == 5 && terms.allSatisfy { $0.retain == 0 && $0.total.isFinite })
  }

  /// Without `safe` there is no verdict, and nothing says which concepts are harmful.
  /// Of a mixture whose feed-forward parts are all experts only attention takes LoRA.
  @Test func expertsAreNoTargets() throws {
    let folder = try TemporaryFolder()
    let c = try LanguageModel(TinyMixture.write(into: folder)).configuration
    var preset = TrainingPreset.standard
    preset.objective.layers = [2]
    preset.targets = [.gate, .up, .down]
    let failure = try #require(thrownFailure { _ = try preset.resolved(for: c) }, "it was taken")
    failure.expect(
      .usage, place: "targets", found: "gate_proj, up_proj, down_proj",
      wanted: "some of q_proj, k_proj, v_proj, o_proj",
      advice: "LoRA on experts and routers is not supported")
    // Where some of them are layers, those are trained, as of the usual preset, which names all.
    preset.targets = [.output, .down]
    #expect(thrownFailure { _ = try preset.resolved(for: c) } == nil)
    preset.targets = LoRATarget.allCases
    #expect(thrownFailure { _ = try preset.resolved(for: c) } == nil)
    let dense = try TinyLlama.model().configuration
    preset.targets = [.gate, .up, .down]
    #expect(thrownFailure { _ = try preset.resolved(for: dense) } == nil)
  }

  @Test func objectivesThatNeedAConceptSafe() throws {
    for name in [ObjectiveName.sft, .sftSeer] {
      let test = try TinyTraining { $0.objective = $0.objective.replaced(by: name) }
      try test.failure().expect(
        file: test.folder("concepts.csv"), place: "column value", found: "no concept `safe` (blue",
        wanted: "safe", advice: "--objective")
    }
    let reroute = try TinyTraining { $0.objective = $0.objective.replaced(by: .reroute) }
    try reroute.failure().expect(
      .usage, place: "--harmful", found: "no concept `safe`", wanted: "of blue, green, red")
    let unknown = try TinyTraining {
      $0.objective = $0.objective.replaced(by: .reroute)
      $0.objective.harmful = ["red", "mauve"]
    }
    try unknown.failure().expect(.usage, place: "--harmful", found: "`mauve`", wanted: "green")
  }

  @Test func aQuestionThatDoesNotFit() throws {
    let test = try TinyTraining(concepts: TinyTraining.concepts(names: ["safe", "unsafe"])) {
      $0.objective = $0.objective.replaced(by: .sft)
    }
    try test.failure().expect(
      .usage, place: "--max-tokens", found: "24", wanted: "or more: the question")
  }

  struct Wrong: CustomTestStringConvertible {
    let place: String
    let found: String
    let wanted: String
    let change: @Sendable (inout TrainingPreset) -> Void
    var testDescription: String { "\(place) \(found)" }
  }

  static let wrong: [Wrong] = [
    Wrong(place: "--layer", found: "0", wanted: "1 to 3") { $0.objective.layers = [0] },
    Wrong(place: "--layer", found: "4", wanted: "1 to 3") { $0.objective.layers = [4] },
    Wrong(place: "--layer", found: "2,-1", wanted: "1 to 3") { $0.objective.layers = [2, -1] },
    Wrong(place: "--layer", found: "none", wanted: "1 to 3") { $0.objective.layers = [] },
    Wrong(place: "--rank", found: "0", wanted: "1 to 64") { $0.rank = 0 },
    Wrong(place: "--rank", found: "65", wanted: "1 to 64") { $0.rank = 65 },
    Wrong(place: "--rank", found: "\(Int.max)", wanted: "1 to 64") { $0.rank = .max },
    Wrong(place: "--alpha", found: "0", wanted: "above 0") { $0.alpha = 0 },
    Wrong(place: "--alpha", found: "inf", wanted: "above 0") { $0.alpha = .infinity },
    Wrong(place: "--alpha", found: "nan", wanted: "above 0") { $0.alpha = .nan },
    Wrong(place: "--dropout", found: "1", wanted: "below 1") { $0.dropout = 1 },
    Wrong(place: "--dropout", found: "-0.1", wanted: "0") { $0.dropout = -0.1 },
    Wrong(place: "--dropout", found: "nan", wanted: "0") { $0.dropout = .nan },
    Wrong(place: "--learning-rate", found: "0", wanted: "above 0") { $0.learningRate = 0 },
    Wrong(place: "--learning-rate", found: "nan", wanted: "above 0") { $0.learningRate = .nan },
    Wrong(place: "--batch", found: "5", wanted: "even") { $0.batch = 5 },
    Wrong(place: "--batch", found: "0", wanted: "even") { $0.batch = 0 },
    Wrong(place: "--batch", found: "-2", wanted: "even") { $0.batch = -2 },
    Wrong(place: "--retain-batch", found: "-1", wanted: "0 or more") { $0.retainBatch = -1 },
    Wrong(place: "--steps", found: "0", wanted: "1 or more") { $0.steps = 0 },
    Wrong(place: "--max-tokens", found: "0", wanted: "1 to 2048") { $0.maxTokens = 0 },
    Wrong(place: "--max-tokens", found: "2049", wanted: "context") { $0.maxTokens = 2049 },
    Wrong(place: "--position", found: "all", wanted: "last") { $0.objective.positions = [.all] },
    Wrong(place: "--position", found: "none", wanted: "last") { $0.objective.positions = [] },
    Wrong(place: "--position", found: "mean", wanted: "last or prompt-end") {
      $0.objective = $0.objective.replaced(by: .released)
      $0.objective.positions = [.mean]
    },
    Wrong(place: "--max-tokens", found: "1025", wanted: "at most 1024, half") {
      $0.objective = $0.objective.replaced(by: .released)
      $0.maxTokens = 1025
    },
    Wrong(place: "--lora-layers", found: "0", wanted: "blocks from 1 to 3") { $0.loraLayers = [0] },
    Wrong(place: "--lora-layers", found: "1,4", wanted: "blocks from 1 to 3") {
      $0.loraLayers = [1, 4]
    },
    Wrong(place: "--lora-layers", found: "3", wanted: "up to the target layer 2") {
      $0.loraLayers = [3]
    },
    Wrong(place: "--group", found: "3", wanted: "even") { $0.objective.group = 3 },
    Wrong(place: "--group", found: "4", wanted: "divides --batch (6)") { $0.objective.group = 4 },
    Wrong(place: "--group", found: "-2", wanted: "even") { $0.objective.group = -2 },
    Wrong(place: "--epochs", found: "-1", wanted: "1 or more") { $0.epochs = -1 },
    Wrong(place: "--rows-per-concept", found: "1", wanted: "2 or more") { $0.rowsPerConcept = 1 },
    Wrong(place: "--keep", found: "-1", wanted: "1 or more") { $0.keep = -1 },
    Wrong(place: "--harmful", found: "an empty name", wanted: "names") {
      $0.objective.harmful = [""]
    },
    Wrong(place: "row_mix", found: "1.0, 1.0", wanted: "three") { $0.rowMix = [1, 1] },
    Wrong(place: "row_mix", found: "nan", wanted: "three") { $0.rowMix = [1, .nan, 0] },
    Wrong(place: "row_mix", found: "inf", wanted: "three") { $0.rowMix = [1, .infinity, 0] },
    Wrong(place: "row_mix", found: "0.0", wanted: "three") { $0.rowMix = [0, 0, 0] },
    Wrong(place: "--evaluate-every", found: "0", wanted: "1 or more") { $0.evaluateEvery = 0 },
    Wrong(place: "--layer", found: "2 twice", wanted: "once") { $0.objective.layers = [2, 1, 2] },
    Wrong(place: "--position", found: "mean twice", wanted: "once") {
      $0.objective.positions = [.mean, .mean]
    },
    Wrong(place: "--alpha", found: "1e+300", wanted: "at most") { $0.alpha = 1e300 },
    Wrong(place: "--batch", found: "\(Int.max - 1)", wanted: "even") { $0.batch = .max - 1 },
    Wrong(place: "--retain-batch", found: "\(Int.max)", wanted: "at most 4096") {
      $0.retainBatch = .max
    },
    Wrong(place: "--steps", found: "\(Int.max)", wanted: "at most 10000000") { $0.steps = .max },
    Wrong(place: "--evaluate-every", found: "\(Int.max)", wanted: "at most") {
      $0.evaluateEvery = .max
    },
    Wrong(place: "warmup", found: "\(Int.max)", wanted: "at most") { $0.warmup = .max },
    Wrong(place: "--kl-weight", found: "1e+300", wanted: "at most") {
      $0.objective.klWeight = 1e300
    },
    Wrong(place: "targets", found: "none", wanted: "one or more") { $0.targets = [] },
    Wrong(place: "temperature", found: "0", wanted: "above 0") { $0.objective.temperature = 0 },
    Wrong(place: "temperature", found: "nan", wanted: "above 0") {
      $0.objective.temperature = .nan
    },
    Wrong(place: "clip", found: "-1", wanted: "0 or more") { $0.clip = -1 },
    Wrong(place: "clip", found: "nan", wanted: "0 or more") { $0.clip = .nan },
    Wrong(place: "weight_decay", found: "-1", wanted: "0 or more") { $0.weightDecay = -1 },
    Wrong(place: "warmup", found: "-1", wanted: "0 or more") { $0.warmup = -1 },
    Wrong(place: "--contrastive-weight", found: "nan", wanted: "0 or more") {
      $0.objective.contrastiveWeight = .nan
    },
    Wrong(place: "--retain-weight", found: "-1", wanted: "0 or more") {
      $0.objective.retainWeight = -1
    },
    Wrong(place: "--kl-weight", found: "inf", wanted: "0 or more") {
      $0.objective.klWeight = .infinity
    },
    Wrong(place: "held_out", found: "0.0", wanted: "0.01 to 0.5") { $0.heldOut = 0 },
    Wrong(place: "best_within_kl", found: "nan", wanted: "0 or more") { $0.bestWithinKL = .nan },
  ]

  @Test(arguments: wrong)
  func optionsOutOfRange(wrong: Wrong) throws {
    let test = try TinyTraining { wrong.change(&$0) }
    try test.failure().expect(
      .usage, place: wrong.place, found: wrong.found, wanted: wrong.wanted)
    #expect(try !names(inFolder: test.folder.path).contains("adapter"), "nothing was written")
  }

  @Test func inputsThatAreNotThere() throws {
    var test = try TinyTraining()
    test.model = test.folder("no-model.gguf")
    #expect(try test.failure().kind == .missingInput)
    let other = try TinyTraining()
    try FileManager.default.removeItem(atPath: other.folder("concepts.csv"))
    try other.failure().expect(.missingInput, file: other.folder("concepts.csv"), found: "")
  }

  @Test func aFolderThatCannotBeMade() throws {
    let test = try TinyTraining()
    try test.folder.write("a file", to: "adapter")
    let failure = try test.failure()
    #expect(failure.kind == .cannotWrite && failure.file == test.folder("adapter"), "\(failure)")
  }

  // MARK: A loss that is no number

  /// The tiny model with an embedding that is no number, for the token of one character.
  func poisonedModel(_ folder: TemporaryFolder, token: Character) throws -> String {
    let language = try LanguageModel(Fixtures.tinyModel)
    let id = try #require(language.tokenizer.encode(String(token)).first)
    var builder = try TinyLlama.builder(.f32)
    let index = try #require(builder.tensors.firstIndex { $0.name == "token_embd.weight" })
    let row = Int(id) * 64 * 4
    builder.tensors[index].bytes.replaceSubrange(row..<row + 4, with: floatBytes([.nan]))
    return try folder.write(builder.bytes, to: "poisoned.gguf")
  }

  /// Where a step meets the row, the step before it is kept and the message names both.
  @Test func aRowThatMakesTheLossNoNumber() throws {
    // One row of many, so that the first steps do without it.
    let rows = 30
    for poisoned in 0..<3 {
      var text = TinyTraining.concepts(rows: rows)
      text = text.replacingOccurrences(of: " \(10 + poisoned),", with: " Q,")
      var test = try TinyTraining(concepts: text) { preset in
        preset.steps = 40
        preset.rowMix = [1, 0, 0]
        preset.evaluateEvery = 1
      }
      test.model = try poisonedModel(test.folder, token: "Q")
      var good = 0
      var failure: Failure?
      do {
        try test.run { good = $0.step }
      } catch let found as Failure {
        failure = found
      }
      let message = try #require(failure)
      message.expect(
        file: test.folder("adapter"), place: "step \(good + 1)", found: "nan", wanted: "finite",
        advice: good == 0 ? "No step was saved" : "checkpoint of step \(good) is kept")
      let place = try #require(message.place)
      let source = try #require(
        place.split(separator: " ").compactMap { Int($0) }.last, "\(message)")
      let line = text.split(separator: "\n")[source + 1]
      #expect(line.contains(" Q,"), "\(message): \(line)")
      #expect(!AdapterFile.exists(test.folder("adapter")))
      if good > 0 {
        let file = try Safetensors(path: test.folder("adapter/checkpoint.safetensors"))
        #expect(file.metadata["step"] == "\(good)")
      }
    }
  }

  @Test func aRetainRowThatMakesTheLossNoNumber() throws {
    let retain = "prompt\n" + String(repeating: "tell me\nQ is no good\n", count: 10)
    var test = try TinyTraining(retain: retain)
    test.model = try poisonedModel(test.folder, token: "Q")
    let failure = try test.failure()
    failure.expect(
      place: "step 1, row 1 of \(test.folder("retain.csv"))", found: "nan", wanted: "finite")
  }

  /// Weights that have run away leave the last checkpoint that was judged, and it is finite.
  @Test func aRateThatIsTooHigh() throws {
    let test = try TinyTraining { preset in
      preset.learningRate = 1e18
      preset.clip = 0
      preset.warmup = 0
      preset.schedule = .constant
      preset.steps = 20
    }
    let failure = try test.failure()
    failure.expect(
      file: test.folder("adapter"), place: "step", found: "a loss of", wanted: "finite",
      advice: "--learning-rate")
    #expect(!AdapterFile.exists(test.folder("adapter")))
  }
}
