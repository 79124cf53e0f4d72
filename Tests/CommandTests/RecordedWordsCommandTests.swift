import Foundation
import TestSupport
import Testing

/// `seer score` and `seer chat` without a run.
struct RecordedWordsCommandTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  func record() throws {
    let outcome = try seer(
      "extract", "--concepts", try seer.concepts(), "--run", "samples/run-words-base",
      "--position", "mean", "--template", "plain", "--layers", "2", "--dtype", "float16")
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func whereNothingWasRecordedTheAdviceIsToMakeARun() throws {
    try seer("score", "Is the sky blue?").expect(
      64, "--run: found none, and no recorded run of smollm2, wanted a run of this model",
      "seer extract --model smollm2 --concepts FILE --position mean --run words")
  }

  @Test func theRecordedRunScores() throws {
    try record()
    let alone = try seer("score", "--json", "Is the sky blue?")
    let named = try seer(
      "score", "--run", "samples/run-words-base", "--layer", "2", "--template", "plain", "--json",
      "Is the sky blue?")
    #expect(alone.status == 0 && !alone.errors.contains("--template"), "\(alone.errors)")
    #expect(alone.output == named.output)
    let chat = try seer("score", "--template", "chat", "--json", "Is the sky blue?")
    #expect(chat.output.contains("im_end") && chat.errors.contains("--template plain"))
    // Of another adapter nothing was recorded.
    let none = try seer("score", "--adapter", "none", "x")
    none.expect(66, "none")
  }

  @Test func aChatIsScoredWhereThereIsARun() throws {
    let before = try seer.shell("echo Hi | \"$SEER\" chat --tokens 3 --json").json()
    #expect(before["concepts"] == nil)
    try record()
    let scored = try seer.shell("echo Hi | \"$SEER\" chat --tokens 3 --json").json()
    #expect(scored["concepts"] as? [String] == ["color", "number"])
    let quiet = try seer.shell("echo Hi | \"$SEER\" chat --tokens 3 --no-scores --json")
    #expect(try quiet.json()["concepts"] == nil)
  }
}

/// `seer evaluate monitor`, and alerts at a rate of false positives.
struct MonitorCommandTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    let lines = (0..<60).map { row in
      "\(row % 2 == 0 ? "the sky is blue and gold" : "12 and 13 make \(row)"),"
        + "\(row % 2 == 0 ? "color" : "number"),it is so \(row),\(row % 3 == 0 ? "test" : "train")"
    }
    try seer.folder.write(
      (["prompt,value,response,split"] + lines).joined(separator: "\n") + "\n", to: "c.csv")
    let outcome = try seer(
      "extract", "--concepts", "c.csv", "--run", "words", "--position", "mean", "--layers", "1,2",
      "--template", "plain")
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func theRecordIsUsed() throws {
    let before = try seer("score", "--run", "words", "--template", "plain", "--json", "blue")
    before.expect(64, "--layer: found none, wanted one of those of words: 1, 2")
    let measured = try seer("evaluate", "monitor", "--run", "words", "--record", "--json").json()
    #expect(
      Set(measured.keys) == [
        "training_rows", "held_out_rows", "tokens", "results", "layer", "reader", "notes",
      ])
    #expect((measured["results"] as? [[String: Any]])?.count == 4)
    let table = try seer("evaluate", "monitor", "--run", "words")
    #expect(table.status == 0 && table.output.contains("* "))
    let scored = try seer("score", "--run", "words", "--template", "plain", "--json", "blue").json()
    let monitor = try #require(scored["monitor"] as? [String: Any])
    #expect(monitor["layer"] as? Int == measured["layer"] as? Int)
    #expect(monitor["reader"] as? String == measured["reader"] as? String)
    #expect(monitor["calibrated_on"] as? String == "tokens")
    let other = try seer(
      "score", "--run", "words", "--layer", "1", "--reader", "prototype", "--template", "plain",
      "--json", "blue"
    ).json()
    #expect((other["monitor"] as? [String: Any])?["reader"] as? String == "prototype")
  }

  @Test func alertsAtARate() throws {
    let common = ["--run", "words", "--layer", "2", "--template", "plain"]
    let without = try seer.run(
      Seer.program, ["score", "--alert", "color@10%", "--alert-by", "window"] + common + ["x"])
    without.expect(64, "--alert-by: found window, which was not measured, wanted mean")
    let rows = try seer.run(
      Seer.program, ["score", "--alert", "color@50%", "--json"] + common + ["the sky is blue"]
    ).json()
    #expect(rows["alerts"] is [Any])
    _ = try seer("evaluate", "monitor", "--run", "words", "--record")
    for way in ["mean", "exponential", "window", "last"] {
      let result = try seer.run(
        Seer.program,
        ["score", "--alert", "color@1%", "--alert-by", way, "--json"] + common + ["blue"])
      result.expect(64, "--alert: found a rate of 1%, wanted 10% to 90%")
      let lines = try seer.shell(
        "echo '{\"text\": \"the sky is blue\"}' | \"$SEER\" score --alert color@90% --alert-by \(way) "
          + common.joined(separator: " ") + " -"
      ).json()
      for alert in try #require(lines["alerts"] as? [[String: Any]]) {
        #expect(
          Set(alert.keys) == [
            "concept", "first", "count", "text", "peak", "by", "threshold", "false_positive_rate",
          ])
        #expect(alert["by"] as? String == way && alert["false_positive_rate"] as? Double == 0.9)
      }
    }
    let chat = try seer.shell(
      "echo Hi | \"$SEER\" chat --tokens 3 --run words --layer 2 --alert color@90% --json"
    ).json()
    let turns = try #require(chat["turns"] as? [[String: Any]])
    #expect(turns.allSatisfy { $0["alerts"] is [Any] })
    #expect(turns.first?["sequence"] is [String: Any])
  }

  @Test(arguments: [
    ["--alert", "color@0%"], ["--alert", "color@100%"], ["--alert", "color@x%"],
    ["--alert", "@1%"],
    ["--alert", "color@1"], ["--alert", "color=0.5", "--alert-by", "mean"],
    ["--alert", "color@10%", "--alert-by", "sum"], ["--alert", "taste@10%"], ["--reader", "eye"],
  ])
  func wrongUsage(arguments: [String]) throws {
    try seer.run(
      Seer.program,
      ["score", "--run", "words", "--layer", "2", "--template", "plain"] + arguments + ["x"]
    ).expect(64)
  }
}
