import Foundation
import Testing

/// `seer evaluate classify`: its result, and what it refuses.
struct EvaluateTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  static let words = ["the red sky", "you and I", "reading on the green", "an assistant"]

  /// Rows of `safe` and `unsafe`, each prompt on one line only.
  static func rows(_ count: Int, from start: Int = 0, columns: String = "prompt,response,value")
    -> String
  {
    columns + "\n"
      + (start..<start + count).map { row in
        "\(words[row % 4]) \(row),\(row % 2 == 0 ? "yes please" : "no 12"),"
          + "\(row % 2 == 0 ? "safe" : "unsafe")\n"
      }.joined()
  }

  func classify(train: String, test: String, _ options: String...) throws -> Seer.Outcome {
    try seer.folder.write(train, to: "train.csv")
    try seer.folder.write(test, to: "test.csv")
    return try seer.run(
      Seer.program,
      [
        "evaluate", "classify", "--train", "train.csv", "--test", "test.csv", "--resamples", "50",
        "--permutations", "4",
      ] + options)
  }

  @Test func classify() throws {
    let outcome = try classify(
      train: Self.rows(16), test: Self.rows(10, from: 16), "--layer", "all", "--position",
      "last,prompt-end", "--json")
    let result = try outcome.json()
    #expect(result["concepts"] as? [String] == ["safe", "unsafe"])
    let results = try #require(result["results"] as? [[String: Any]])
    let classifiers = Set(results.compactMap { $0["classifier"] as? String })
    #expect(
      classifiers == ["nearest-prototype", "monitor", "linear-probe", "nearest-neighbours"])
    // Four layers at two positions.
    #expect(results.count == 8 * classifiers.count)
    for result in results {
      let accuracy = try #require(result["accuracy"] as? [String: Double])
      let (value, low, high) = try (
        #require(accuracy["value"]), #require(accuracy["low"]), #require(accuracy["high"])
      )
      #expect(0 <= low && low <= value && value <= high && high <= 1)
      #expect(result["auc_unsafe"] is [String: Any] && result["permuted"] is [String: Any])
      let concepts = try #require(result["concepts"] as? [[String: Any]])
      #expect(concepts.map { $0["rows"] as? Int } == [5, 5])
    }
    // At prompt-end nothing of the response is seen, at last all of it: base only, no comparison.
    #expect((result["choices"] as? [[String: Any]])?.count == 2)
    #expect((result["comparisons"] as? [Any])?.isEmpty == true)
    let transport = try #require(result["transport"] as? [[String: Any]])
    #expect(transport.count == 8)
    for account in transport {
      // Four of each concept's five test rows: two samples of two.
      #expect(account["sample_size"] as? Int == 2)
      let bound = try #require(account["bound"] as? [String: Double])
      let terms = ["margin_loss", "transport", "confidence"].compactMap { bound[$0] }
      #expect(abs(terms.reduce(0, +) - (bound["total"] ?? 0)) < 1e-9 && terms.count == 3)
      #expect(account["gap"] is Double)
    }
    // Three claims of the base model at each position.
    let findings = try #require(result["findings"] as? [[String: Any]])
    #expect(findings.count == 6 && findings.allSatisfy { $0["holds"] is Bool })
    let again = try classify(
      train: Self.rows(16), test: Self.rows(10, from: 16), "--layer", "all", "--position",
      "last,prompt-end", "--json")
    #expect(again.output == outcome.output)
  }

  @Test func tunedIsSetAgainstBase() throws {
    try seer.folder.write(Self.rows(16), to: "train.csv")
    #expect(
      try seer(
        "train", "--concepts", "train.csv", "--layer", "2", "--steps", "2", "--batch", "8",
        "--retain-weight", "0", "--kl-weight", "0", "--adapter", "tuned"
      ).status == 0)
    let outcome = try classify(
      train: Self.rows(16), test: Self.rows(10, from: 16), "--layer", "2", "--adapter", "tuned",
      "--json")
    let comparisons = try #require(try outcome.json()["comparisons"] as? [[String: Any]])
    let pairs = comparisons.map { "\($0["classifier"] ?? "") \($0["base_classifier"] ?? "")" }
    // Each against itself and against the base model's probe, which is one for the probe.
    #expect(pairs.count == 7 && Set(pairs).count == 7 && pairs.contains("monitor linear-probe"))
    let findings = try #require(try outcome.json()["findings"] as? [[String: Any]])
    #expect(findings.count == 12)
  }

  @Test func classifyAsText() throws {
    let outcome = try classify(train: Self.rows(12), test: Self.rows(8, from: 12), "--layer", "1,3")
    #expect(outcome.status == 0)
    for words in [
      "12 rows taught, 8 judged", "base, last: layer ", "nearest-prototype", "monitor ",
      "optimal transport",
    ] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
  }

  @Test func overlapIsToldAndCanBeLeftOut() throws {
    let train = Self.rows(10)
    let told = try classify(train: train, test: Self.rows(10, from: 6), "--layer", "2", "--json")
    let overlap = try #require(try told.json()["overlap"] as? [String: Any])
    #expect(overlap["shared_prompts"] as? Int == 4 && overlap["shared_rows"] as? Int == 4)
    #expect(told.errors.contains("4 rows of test.csv share a prompt with train.csv"))
    let without = try classify(
      train: train, test: Self.rows(10, from: 6), "--layer", "2", "--without-overlap", "--json")
    #expect(try without.json()["left_out"] as? Int == 4)
    try classify(train: train, test: train, "--without-overlap").expect(
      65, "test.csv: found every row's prompt in train.csv too")
  }

  @Test func otherColumns() throws {
    let columns = "question,answer,label"
    let outcome = try classify(
      train: Self.rows(8, columns: columns), test: Self.rows(6, from: 8, columns: columns),
      "--layer", "1", "--prompt-column", "question", "--response-column", "answer",
      "--value-column", "label", "--json")
    #expect(try outcome.json()["concepts"] as? [String] == ["safe", "unsafe"])
    try classify(train: Self.rows(8), test: Self.rows(8), "--prompt-column", "question").expect(
      65, "train.csv, header", "wanted a column `question`, as --prompt-column says")
  }

  @Test func conceptsThatTrainLacks() throws {
    try classify(
      train: Self.rows(8), test: Self.rows(4, from: 8) + "Hello,,other\n"
    ).expect(
      65, "test.csv: found 1 row of concepts that train.csv lacks, such as `other`",
      "wanted the concepts `safe`, `unsafe`")
  }

  @Test(arguments: [
    (["--layer", "9"], 64, "--layer: found 9"), (["--layer", "x"], 64, "--layer: found `x`"),
    (["--position", "all"], 64, "--position: found all"),
    (["--position", "end"], 64, "--position: found `end`"),
    (["--resamples", "0"], 64, "--resamples: found 0"),
    (["--max-tokens", "99999"], 64, "--max-tokens: found 99999"),
    (["--adapter", "none"], 66, "none"), (["--test", "none.csv"], 66, "none.csv: found "),
  ])
  func badOptions(options: [String], status: Int32, words: String) throws {
    try seer.folder.write(Self.rows(8), to: "train.csv")
    try seer.folder.write(Self.rows(4, from: 8), to: "test.csv")
    try seer.run(
      Seer.program,
      ["evaluate", "classify", "--train", "train.csv"]
        + (options[0] == "--test" ? [] : ["--test", "test.csv"]) + options
    ).expect(status, words)
  }
}
