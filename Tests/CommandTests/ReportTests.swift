import Foundation
import SeerAnalysis
import SeerSupport
import TestSupport
import Testing

/// `seer report` and `seer preset`.
struct ReportTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    _ = try seer.concepts()
    #expect(try seer("extract", "--concepts", "concepts.csv", "--run", "run").status == 0)
  }

  func text(_ name: String) throws -> String {
    String(decoding: try bytes(ofFile: seer.folder(name)), as: UTF8.self)
  }

  @Test func aRunAsHTML() throws {
    let result = try seer("report", "--run", "run", "--output", "report.html", "--json").json()
    #expect(result["output"] as? String == "report.html" && (result["bytes"] as? Int ?? 0) > 2000)
    let html = try text("report.html")
    for words in [
      "<h2>Recipe</h2>", "<h2>Layers</h2>", "<h2>Maps</h2>", "<h2>Confusion</h2>", "color", "<svg",
    ] {
      #expect(html.contains(words), "\(words)")
    }
    #expect(!html.contains("<script"))
    _ = try seer("report", "--run", "run", "--output", "again.html")
    #expect(try text("again.html") == html)
  }

  @Test func twoRunsAndAnEvaluationAsMarkdown() throws {
    try seer.folder.write(EvaluateTests.rows(12), to: "train.csv")
    try seer.folder.write(EvaluateTests.rows(8, from: 12), to: "test.csv")
    let classified = try seer(
      "evaluate", "classify", "--train", "train.csv", "--test", "test.csv", "--resamples", "20",
      "--permutations", "2", "--json")
    try seer.folder.write(classified.output, to: "classify.json")
    try FileManager.default.copyItem(atPath: seer.folder("run"), toPath: seer.folder("other"))
    let outcome = try seer(
      "report", "--run", "run", "--run", "other", "--evaluation", "classify.json", "--layer", "2",
      "--output", "report.md")
    #expect(outcome.status == 0 && outcome.output.hasPrefix("report.md: "), "\(outcome.errors)")
    let markdown = try text("report.md")
    for words in [
      "## Concepts told from states", "## Maps", "| nearest-prototype |", "| monitor |",
      "axes hold",
      "t-SNE, perplexity", "layer 2", "### Optimal transport",
    ] {
      #expect(markdown.contains(words), "\(words)")
    }
  }

  @Test func runsOfDifferentRows() throws {
    try seer.folder.write(EvaluateTests.rows(6), to: "others.csv")
    #expect(try seer("extract", "--concepts", "others.csv", "--run", "other").status == 0)
    try seer("report", "--run", "run", "--run", "other", "--output", "report.html").expect(
      65, "other: found other rows than run has", "wanted runs over the same concept file")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("report.html")))
  }

  @Test func badInput() throws {
    try seer("report", "--output", "report.html").expect(64, "found nothing to report")
    try seer("report", "--run", "run", "--output", "report.pdf").expect(64, "ending in .html")
    try seer("report", "--run", "none", "--output", "report.html").expect(66, "none")
    try seer("report", "--run", "run", "--layer", "7", "--output", "report.html").expect(
      64, "--layer: found 7")
    try seer("report", "--run", "run", "--evaluation", "concepts.csv", "--output", "r.html").expect(
      65, "concepts.csv: found no JSON object")
    try seer("report", "--adapter", "none", "--output", "r.html").expect(66, "none/log.csv")
    try seer("report", "--run", "run", "--output", "none/r.html").expect(73, "none/r.html")
  }

  @Test func presets() throws {
    let list = try seer("preset")
    for name in ["standard", "paper", "detox", "verify-seer"] {
      #expect(list.output.contains("\(name)\t"))
    }
    #expect(
      try (seer("preset", "--json").json()["presets"] as? [String])?.contains("detox") == true)
    let detox = try seer("preset", "detox")
    #expect(detox.status == 0)
    try seer.folder.write(detox.output, to: "mine.json")
    #expect(try seer("preset", "mine.json").output == detox.output)
    let keys = try seer("preset", "detox", "--json").json()
    let objective = try #require(keys["objective"] as? [String: Any])
    #expect(objective["positions"] as? [String] == ["last", "prompt-end"])
    try seer("preset", "none").expect(66, "none: found no preset of that name", "detox")
  }
}
