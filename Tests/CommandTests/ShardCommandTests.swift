import Foundation
import TestModels
import TestSupport
import Testing

/// `extract --shard` and `--layers`, `join`, and every command that takes a run with a run that has
/// some layers only.
struct ShardCommandTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    var text = "prompt,value,split\n"
    for row in 0..<60 {
      text += "\"\(row) \(String(repeating: "is the sky blue or x\(row % 7)? ", count: 12))\","
      text += "\(["sea", "sky", "sun"][row % 3]),\(row % 4 == 0 ? "test" : "train")\n"
    }
    _ = try seer.concepts(text)
  }

  func extract(_ run: String, _ options: String...) throws -> Seer.Outcome {
    try seer.run(
      Seer.program, ["extract", "--concepts", "concepts.csv", "--run", run] + options)
  }

  /// Everything but the seconds of `run.json`.
  func contents(_ run: String) throws -> [String: [UInt8]] {
    try TestModels.contents(ofRun: seer.folder(run))
  }

  @Test func shardsJoin() throws {
    #expect(try extract("run", "--json").json()["rows"] as? Int == 60)
    let rows = try (1...3).map { number in
      try #require(
        try extract("part", "--shard", "\(number)/3", "--json").json()["rows"] as? Int)
    }
    #expect(rows.reduce(0, +) == 60 && rows.allSatisfy { $0 > 0 })
    let outcome = try seer.shell("$SEER join --run joined part.*of3 --json")
    let result = try outcome.json()
    #expect(Set(result.keys) == ["layers", "rows", "width", "shards"])
    #expect(result["rows"] as? Int == 60 && result["shards"] as? Int == 3)
    #expect(result["layers"] as? [Int] == [0, 1, 2, 3])
    #expect(try contents("joined") == contents("run"))
    let text = try seer.shell("$SEER join --run other part.*of3")
    #expect(text.output == "other: 60 rows of 3 shards, layers 0 to 3\n")

    let two = try seer("join", "--run", "third", "part.1of3", "part.3of3")
    two.expect(65, "found 2 of 3 shards, without part.2of3, wanted all of them.")
    try seer("join", "--run", "third", "part.1of3", "part.2of3", "part.2of3").expect(
      65, "part.2of3/run.json: found shard 2/3, which part.2of3 is, too")
    try seer("join", "--run", "third", "part.1of3", "part.2of3", "run").expect(
      65, "run/run.json, shard: found none: this is a whole run")
    try seer("join", "--run", "third", "part.1of3", "part.2of3", "part.4of3").expect(
      65, "part.4of3/run.json: found nothing there, wanted a finished shard")
    try seer("join", "--run", "third").expect(64)
    #expect(!FileManager.default.fileExists(atPath: seer.folder("third")))
  }

  @Test func routingIsKeptAndJoined() throws {
    let model = try TinyMixture.write(into: seer.folder)
    let options = ["--model", model, "--routing", "--template", "plain"]
    func run(_ name: String, _ more: String...) throws {
      let outcome = try seer.run(
        Seer.program, ["extract", "--concepts", "concepts.csv", "--run", name] + options + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try run("run")
    for number in 1...2 { try run("part", "--shard", "\(number)/2") }
    #expect(try seer.shell("$SEER join --run joined part.*of2").status == 0)
    #expect(try contents("joined") == contents("run"))
    #expect(try contents("run")["routing.safetensors"] != nil)
    try extract("dense", "--routing").expect(
      65, "--routing: found a model without experts: it has no router, wanted a mixture of experts."
    )
    #expect(!FileManager.default.fileExists(atPath: seer.folder("dense")))
    let outcome = try seer.run(
      Seer.program,
      ["extract", "--concepts", "concepts.csv", "--run", "other", "--layers", "0"] + options)
    outcome.expect(64, "found layers without a router: 0, wanted one of 1 to 3")
  }

  @Test(arguments: ["0/3", "4/3", "3", "a/b", "-1/3", "1/0"])
  func badShards(shard: String) throws {
    try extract("run", "--shard=\(shard)").expect(
      64, "--shard: found `\(shard)`, wanted K/N, the part's number from 1 to N")
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !$0.hasPrefix("run") })
  }

  @Test(arguments: [
    ("4", "found 4, wanted layers from 0 to 3"), ("1-9", "found 4, wanted layers from 0 to 3"),
    ("1,,2", "found ``"), ("3-1", "found `3-1`"), ("x", "wanted layers and ranges of them"),
    ("-1", "found `-1`"),
  ])
  func badLayers(layers: String, words: String) throws {
    try extract("run", "--layers=\(layers)").expect(64, "--layers: ", words)
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  @Test func aRunOfSomeLayers() throws {
    _ = try extract("run", "--layers", "3,1-2,2", "--json").json()
    let run = seer.folder("run")
    let manifest = try #require(
      JSONSerialization.jsonObject(with: Data(try bytes(ofFile: run + "/run.json")))
        as? [String: Any])
    #expect(manifest["layers"] as? [Int] == [1, 2, 3])
    #expect(manifest["batch_tokens"] as? Int == 2048 && manifest["shard"] == nil)

    for command in ["project", "export"] {
      let output = seer.folder("\(command).csv")
      let first = try seer(command, "--run", run, "--layer", "2", "--output", output)
      #expect(first.status == 0, "\(first.errors)")
      try seer(command, "--run", run, "--layer", "0", "--output", output).expect(
        64, "found 0, wanted one of 1 to 3")
    }
    try seer("score", "--run", run, "--layer", "0", "the sky").expect(64, "one of 1 to 3")
    #expect(try seer("score", "--run", run, "--layer", "3", "the sky").status == 0)
    _ = try extract("all", "--json").json()
    let compared = try seer(
      "compare", "--base", "all", "--tuned", "run", "--permutations", "0", "--json")
    let layers = try #require(try compared.json()["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["layer"] as? Int } == [1, 2, 3])
    #expect(compared.errors.contains("Only the 3 layers that both runs hold are compared."))
    try seer("compare", "--base", "all", "--tuned", "run", "--layer", "0").expect(
      64, "a layer of both runs: 1 to 3")
    let report = try seer("report", "--run", run, "--output", seer.folder("report.md"))
    #expect(report.status == 0, "\(report.errors)")
    let text = String(decoding: try bytes(ofFile: seer.folder("report.md")), as: UTF8.self)
    #expect(text.contains("| layers | 1 to 3 |"))
    try seer("report", "--run", run, "--layer", "0", "--output", seer.folder("report.md")).expect(
      64, "a layer of the runs, of 1 to 3")
    let script = try seer.folder.write(
      "wait idle\nsave-screen \(seer.folder("screen.txt"))\nquit\n", to: "keys")
    let explored = try seer("explore", "--run", run, "--script", script)
    #expect(explored.status == 0, "\(explored.errors)")
    let screen = String(decoding: try bytes(ofFile: seer.folder("screen.txt")), as: UTF8.self)
    #expect(screen.contains("/3 (1 to 3)"))
  }
}
