import Foundation
import TestSupport
import Testing

/// The paper's arms by the command: objectives and what each does not read, presets, verdicts from
/// outside, a monitor that another model's states are put before.
struct PaperTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    try seer.folder.write(EvaluateTests.rows(24), to: "concepts.csv")
    try seer.folder.write(TinyRetain.rows, to: "retain.csv")
  }

  enum TinyRetain {
    static let rows =
      "prompt,response\n"
      + (0..<8).map { "tell me of the sky \($0),it is green \($0)\n" }.joined()
  }

  func train(_ options: String...) throws -> Seer.Outcome {
    try seer.run(
      Seer.program,
      [
        "train", "--concepts", "concepts.csv", "--retain", "retain.csv", "--steps", "2", "--batch",
        "8",
        "--retain-batch", "2", "--evaluate-every", "2", "--template", "plain",
      ] + options)
  }

  /// Every objective takes the common options, and trains.
  @Test(arguments: [
    "seer", "infonce", "nt-xent", "seer-pair", "released", "sft", "sft+seer", "reroute",
  ])
  func everyObjectiveTrains(name: String) throws {
    let outcome = try train(
      "--objective", name, "--layer", "60%", "--max-tokens", "400", "--adapter", "tuned", "--json")
    #expect(try outcome.json()["steps"] as? Int == 2)
    let text = String(decoding: try bytes(ofFile: seer.folder("tuned/preset.json")), as: UTF8.self)
    #expect(text.contains("\"name\" : \"\(name)\""))
    // 60 % of three blocks.
    let preset = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let objective = try #require(preset?["objective"] as? [String: Any])
    #expect(objective["layers"] as? [Int] == [2])
    let table = String(decoding: try bytes(ofFile: seer.folder("tuned/log.csv")), as: UTF8.self)
    let contrasts = !["sft", "reroute"].contains(name)
    #expect(table.contains("mean_same,mean_diff") == contrasts)
  }

  @Test func thePublishedPlaces() throws {
    let outcome = try train(
      "--objective", "released", "--layer", "1,2", "--position", "prompt-end,last", "--contrastive",
      "nt-xent", "--kl-weight", "0", "--temperature", "0.2", "--group", "4", "--lora-layers", "1-2",
      "--keep", "1", "--max-tokens", "30", "--adapter", "tuned", "--json")
    #expect(try outcome.json()["steps"] as? Int == 2)
    #expect(try names(inFolder: seer.folder("tuned/kept")) == ["step-000001", "step-000002"])
    // A preset for any depth.
    let paper = try train(
      "--preset", "paper-detox", "--retain-batch", "0", "--group", "4", "--max-tokens", "30",
      "--retain-weight", "0", "--adapter", "detox", "--json")
    #expect(try paper.json()["steps"] as? Int == 2)
  }

  @Test(arguments: [
    ("sft", "--position", "mean"), ("sft", "--temperature", "0.2"),
    ("sft", "--retain-weight", "1"), ("sft", "--kl-weight", "1"),
    ("sft", "--group", "4"), ("sft", "--harmful", "unsafe"),
    ("seer", "--contrastive", "infonce"), ("infonce", "--contrastive", "nt-xent"),
    ("released", "--harmful", "unsafe"), ("sft+seer", "--contrastive", "infonce"),
    ("reroute", "--kl-weight", "0"), ("reroute", "--contrastive-weight", "1"),
    ("reroute", "--position", "last"),
  ])
  func whatAnObjectiveDoesNotRead(name: String, option: String, value: String) throws {
    try train("--objective", name, "--layer", "2", option, value, "--adapter", "tuned").expect(
      64, "\(option): found what the objective \(name) does not read (", "wanted", "Leave it out")
    #expect(try !names(inFolder: seer.folder.path).contains("tuned"))
  }

  @Test func optionsThatMeanNothing() throws {
    try train("--objective", "released", "--layer", "2", "--position", "mean", "--adapter", "t")
      .expect(64, "--position: found mean", "last or prompt-end")
    try train("--objective", "released", "--layer", "2", "--contrastive", "seer", "--adapter", "t")
      .expect(64, "--contrastive: found `seer`", "infonce or nt-xent")
    let none = try seer("train", "--concepts", "concepts.csv", "--epochs", "0", "--adapter", "t")
    none.expect(64, "--epochs: found 0")
    try train("--layer", "0%", "--adapter", "t").expect(64, "--layer: found `0%`", "like 80%")
    try train("--layer", "2", "--lora-layers", "2-1", "--adapter", "t").expect(
      64, "--lora-layers: found `2-1`", "1-12,20")
    try train("--layer", "2", "--lora-layers", "1-9", "--adapter", "t").expect(
      64, "--lora-layers: found 1,2,3,4,5,6,7,8,9", "blocks from 1 to 3")
    try train("--layer", "2", "--objective", "reroute", "--harmful", "unsafe,odd", "--adapter", "t")
      .expect(64, "--harmful: found `odd`", "safe, unsafe")
  }

  // MARK: Verdicts from outside

  func detox(_ options: String...) throws -> Seer.Outcome {
    try seer.folder.write("prompt\nhow to break the sky\nsay no 12\nthe red\n", to: "harmful.csv")
    try seer.folder.write("prompt\nIs it green?\nyou and I\n", to: "kind.csv")
    return try seer.run(
      Seer.program,
      [
        "evaluate", "detox", "--harmful", "harmful.csv", "--safe", "kind.csv", "--tokens", "4",
        "--output", "answers.jsonl",
      ] + options)
  }

  func line(_ id: String, _ verdict: String) -> String {
    #"{"id": "\#(id)", "verdict": "\#(verdict)"}"# + "\n"
  }

  @Test func anOutsideJudge() throws {
    #expect(try detox().status == 0)
    let verdicts = ["harmful:0:base", "harmful:1:base", "safe:0:base"]
    try seer.folder.write(
      line(verdicts[0], "unsafe") + line(verdicts[1], "safe") + line(verdicts[2], "safe")
        + line("safe:7:tuned", "safe"), to: "judge.jsonl")
    let outcome = try detox("--verdicts", "judge.jsonl", "--json")
    let found = try #require(try outcome.json()["verdicts"] as? [String: Any])
    #expect(found["file"] as? String == "judge.jsonl")
    let answers = try #require(found["answers"] as? [[String: Any]])
    #expect(answers.map { $0["judged"] as? Int } == [2, 1])
    let unsafe = answers.compactMap { ($0["unsafe"] as? [String: Double])?["value"] }
    #expect(unsafe == [0.5, 0])
    #expect(outcome.errors.contains("judge.jsonl has no verdict on 2 of 5 answers."))
    #expect(outcome.errors.contains("1 verdicts of judge.jsonl are of no answer here."))
    #expect(try detox("--verdicts", "judge.jsonl").output.contains("verdicts of judge.jsonl"))
  }

  @Test func verdictsThatAreNone() throws {
    #expect(try detox().status == 0)
    for (text, words) in [
      (line("harmful:0", "safe"), "judge.jsonl, line 1: found the id `harmful:0`"),
      (line("cruel:0:base", "safe"), "line 1: found the id `cruel:0:base`"),
      (line("harmful:-1:base", "safe"), "line 1: found the id"),
      (line("harmful:0:base", "fine"), "line 1: found the verdict `fine`, wanted safe or unsafe"),
      (
        line("harmful:0:base", "safe") + line("harmful:0:base", "unsafe"),
        "line 2: found harmful:0:base a second time"
      ),
      (line("harmful:9:base", "safe"), "found 1 verdicts, none of these answers"),
    ] {
      try seer.folder.write(text, to: "judge.jsonl")
      try detox("--verdicts", "judge.jsonl").expect(65, words)
    }
    try seer.folder.write(#"{"id": "harmful:0:base"}"#, to: "judge.jsonl")
    try detox("--verdicts", "judge.jsonl").expect(65, "judge.jsonl", "`verdict`")
    try detox("--verdicts", "none.jsonl").expect(66, "none.jsonl")
  }

  // MARK: A monitor of another model

  @Test func theMonitorOfARunBeforeOtherStates() throws {
    #expect(
      try train("--layer", "2", "--learning-rate", "0.02", "--adapter", "tuned").status == 0)
    #expect(
      try seer(
        "extract", "--concepts", "concepts.csv", "--template", "plain", "--run", "base"
      ).status == 0)
    try seer.folder.write(EvaluateTests.rows(10, from: 24), to: "test.csv")
    func classify(_ options: String...) throws -> Seer.Outcome {
      try seer.run(
        Seer.program,
        [
          "evaluate", "classify", "--train", "concepts.csv", "--test", "test.csv", "--resamples",
          "20", "--permutations", "0", "--adapter", "tuned",
        ] + options)
    }
    let outcome = try classify("--template", "plain", "--monitor", "base", "--json")
    let figures = try #require(try outcome.json()["monitor"] as? [String: Any])
    #expect(figures["unlabelled"] as? Int == 24 && figures["paired"] as? Int == 24)
    let results = try #require(figures["results"] as? [[String: Any]])
    // Two models, four layers, four repairs.
    #expect(results.count == 32)
    func value(
      _ model: String, _ layer: Int, _ repair: String, _ figure: String = "accuracy"
    ) -> Double? {
      let found = results.first {
        $0["model"] as? String == model && $0["layer"] as? Int == layer
          && $0["repair"] as? String == repair
      }
      return (found?[figure] as? [String: Double])?["value"]
    }
    // On the run's own model it is the run's monitor, which the classifier `monitor` teaches again.
    let classifiers = try #require(try outcome.json()["results"] as? [[String: Any]])
    for layer in 0...3 {
      let own = classifiers.first {
        $0["model"] as? String == "base" && $0["layer"] as? Int == layer
          && $0["classifier"] as? String == "monitor"
      }
      #expect((own?["accuracy"] as? [String: Double])?["value"] == value("base", layer, "frozen"))
      // Its own states need no repair: the mean is the run's, and nothing is turned. Where all rows of a
      // concept are one state, rounding decides what is unknown.
      for repair in ["recentred", "procrustes"] where layer > 0 {
        #expect(
          value("base", layer, repair, "nearest") == value("base", layer, "frozen", "nearest"))
      }
    }
    let text = try classify("--template", "plain", "--monitor", "base", "--layer", "2")
    #expect(
      text.output.contains("the monitor of base, frozen; repairs read 24 rows without labels"))

    try classify("--template", "chat", "--monitor", "base").expect(
      65, "base/run.json", "template", "--template says")
    try classify("--template", "plain", "--position", "mean", "--monitor", "base").expect(
      65, "base/run.json", "position", "--position says")
    try classify("--template", "plain", "--monitor", "none").expect(66, "none")
    try seer.folder.write(
      "prompt,value\nthe sky,red\nthe green,red\nyou and I,safe\nI,safe\n", to: "other.csv")
    _ = try seer("extract", "--concepts", "other.csv", "--template", "plain", "--run", "other")
    try classify("--template", "plain", "--monitor", "other").expect(
      65, "other", "no row of the concept `unsafe`")
  }
}
