import Foundation
import TestSupport
import Testing

/// `seer score --why` and `--lens`, `seer evaluate faithfulness` and `seer compare --readout`: the
/// contract's keys, both sides of an adapter, and what is refused.
struct WhyCommandTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    try extract("run")
  }

  func extract(_ run: String, _ more: String...) throws {
    let outcome = try seer.run(
      Seer.program,
      ["extract", "--concepts", try seer.concepts(), "--run", run, "--position", "mean"] + more)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  func train() throws {
    let rows = (0..<8).map { "text number \($0),\($0 % 2 == 0 ? "color" : "number"),train" }
    let many = try seer.folder.write(
      (["prompt,value,split"] + rows).joined(separator: "\n") + "\n", to: "many.csv")
    let trained = try seer(
      "train", "--concepts", many, "--layer", "2", "--steps", "3", "--batch", "4",
      "--retain-batch", "0", "--rank", "2", "--adapter", seer.folder("adapter"))
    try #require(trained.status == 0, "\(trained.errors)")
    try extract("tuned", "--adapter", "adapter")
  }

  func score(_ more: String...) throws -> [String: Any] {
    try seer.run(
      Seer.program, ["score", "--layer", "2", "--json", "Is the sky blue?"] + more
    ).json()
  }

  /// One `why`: its keys, its sum, the tokens before. Returns its logit.
  @discardableResult
  func expectWhy(_ value: Any?, token: Int, keys more: Set<String> = []) throws -> Double {
    let why = try #require(value as? [String: Any])
    #expect(
      Set(why.keys).subtracting(more) == [
        "concept", "layer", "logit", "parts", "remainder", "attribution", "earlier", "own",
      ])
    #expect(["color", "number"].contains(why["concept"] as? String) && why["layer"] as? Int == 2)
    let parts = try #require(why["parts"] as? [[String: Any]])
    // The embedding, then four heads and a feed-forward part for each block.
    #expect(parts.count == 1 + 2 * 5)
    for (place, part) in parts.enumerated() {
      #expect(Set(part.keys) == ["block", "kind", "head", "value"])
      #expect(part["block"] as? Int == (place + 4) / 5)
      let kind = place == 0 ? "embedding" : place % 5 == 0 ? "feed_forward" : "attention"
      #expect(part["kind"] as? String == kind)
      #expect(part["head"] as? Int == (kind == "attention" ? (place - 1) % 5 : nil))
    }
    let sum = parts.reduce(0.0) { $0 + ($1["value"] as? Double ?? .nan) }
    let logit = try #require(why["logit"] as? Double)
    #expect(abs(sum + (why["remainder"] as? Double ?? .nan) - logit) < 1e-4)
    let earlier = try #require(why["earlier"] as? [[String: Any]])
    #expect(earlier.compactMap { $0["index"] as? Int } == Array(0..<token))
    #expect(earlier.allSatisfy { ($0["value"] as? Double)?.isFinite == true })
    return logit
  }

  @Test func everyTokenIsExplained() throws {
    let result = try score("--run", "run", "--why")
    let temperature = (result["monitor"] as? [String: Any])?["temperature"] as? Double ?? .nan
    for (place, token) in try #require(result["tokens"] as? [[String: Any]]).enumerated() {
      let logit = try expectWhy(token["why"], token: place)
      #expect(abs(logit * temperature - (token["cosine"] as? Double ?? .nan)) < 1e-4)
      #expect(token["lens"] == nil)
    }
  }

  @Test(arguments: ["attnlrp", "gradient", "occlusion"])
  func oneTokenIsExplained(attribution: String) throws {
    let result = try score(
      "--run", "run", "--why", "--token", "4", "--concept", "color", "--attribution", attribution)
    for (place, token) in try #require(result["tokens"] as? [[String: Any]]).enumerated() {
      guard place == 4 else {
        #expect(token["why"] == nil)
        continue
      }
      try expectWhy(token["why"], token: 4)
      let why = token["why"] as? [String: Any]
      #expect(why?["concept"] as? String == "color")
      #expect(why?["attribution"] as? String == attribution)
      #expect((why?["own"] is NSNull) == (attribution == "occlusion"))
    }
    let text = try seer(
      "score", "--run", "run", "--layer", "2", "--why", "--token", "4", "--attribution",
      attribution, "Is the sky blue?")
    #expect(text.status == 0)
    #expect(text.output.contains("into token 4 ("))
    #expect(text.output.contains("mean, biases, rounding"))
    #expect(text.output.contains("Earlier tokens, by \(attribution):"))
  }

  @Test func bothSidesAreExplained() throws {
    try train()
    let result = try score("--adapter", "adapter", "--run", "tuned", "--why", "--lens")
    let tokens = try #require(result["tokens"] as? [[String: Any]])
    for (place, token) in tokens.enumerated() {
      try expectWhy(token["why"], token: place, keys: ["base"])
      let why = try #require(token["why"] as? [String: Any])
      try expectWhy(why["base"], token: place)
    }
    let lens = try #require(tokens.last?["lens"] as? [[String: Any]])
    #expect(lens.count == 4 && lens.allSatisfy { $0["base"] is [Any] })
    // With a run of its own, the base is read by its own monitor.
    let own = try score("--adapter", "adapter", "--run", "tuned", "--base-run", "run", "--why")
    let plain = try score("--run", "run", "--why", "--concept", "color")
    let both = try score(
      "--adapter", "adapter", "--run", "tuned", "--base-run", "run", "--why", "--concept", "color")
    #expect((own["tokens"] as? [Any])?.count == tokens.count)
    func logit(_ result: [String: Any], _ keys: String...) throws -> Double {
      var value = try #require((result["tokens"] as? [[String: Any]])?.last)
      for key in keys { value = try #require(value[key] as? [String: Any]) }
      return try #require(value["logit"] as? Double)
    }
    #expect(abs(try logit(both, "why", "base") - logit(plain, "why")) < 1e-4)
    let text = try seer(
      "score", "--layer", "2", "--adapter", "adapter", "--run", "tuned", "--why", "--token", "5",
      "--lens", "Is the sky blue?")
    #expect(text.output.contains("What training changed most:"))
    #expect(text.output.contains("| base"))
  }

  @Test func theLensOfATokenHasEveryLayer() throws {
    let result = try score("--run", "run", "--lens", "--token", "3")
    let tokens = try #require(result["tokens"] as? [[String: Any]])
    let lens = try #require(result["lens"] as? [[String: Any]])
    #expect(tokens.compactMap { $0["lens"] }.count == 1)
    #expect((tokens[3]["lens"] as? NSArray) == (lens as NSArray))
    #expect(lens.compactMap { $0["layer"] as? Int } == [0, 1, 2, 3])
    for layer in lens {
      #expect(Set(layer.keys) == ["layer", "top"])
      let top = try #require(layer["top"] as? [[String: Any]])
      #expect(top.count == 5 && top.allSatisfy { Set($0.keys) == ["token", "id", "probability"] })
      let shares = top.compactMap { $0["probability"] as? Double }
      #expect(shares == shares.sorted(by: >) && shares.allSatisfy { $0 > 0 && $0 < 1 })
    }
    let last = try score("--run", "run", "--lens")
    #expect((last["tokens"] as? [[String: Any]])?.last?["lens"] != nil)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let common = ["score", "--run", "run", "--layer", "2"]
    for (arguments, words) in [
      (["--token", "3", "x"], ["--token", "--why"]),
      (["--lens", "--concept", "color", "x"], ["--concept", "--why"]),
      (["--attribution", "gradient", "x"], ["--attribution", "--why"]),
      (["--why", "--attribution", "guess", "x"], ["--attribution", "guess"]),
      (["--why", "-"], ["--why", "one text"]), (["--lens", "-"], ["--lens", "one text"]),
      (["--why", "--token", "999", "x"], ["--token", "found 999, wanted 0 to "]),
      (["--lens", "--token", "999", "x"], ["--token", "found 999, wanted 0 to "]),
      (["--why", "--concept", "shape", "x"], ["`shape`", "color, number"]),
    ] {
      let outcome = try seer.run(Seer.program, common + arguments)
      outcome.expect(64, words[0], words[1])
    }
  }

  @Test func faithfulness() throws {
    let rows = (0..<6).map {
      "the sky and the sea are \($0) blue,\($0 % 2 == 0 ? "color" : "number")"
    }
    try seer.folder.write(
      (["prompt,value", "no,color", "what is this,shape"] + rows).joined(separator: "\n") + "\n",
      to: "held.csv")
    let common = [
      "evaluate", "faithfulness", "--run", "run", "--layer", "2", "--concepts", "held.csv",
      "--orders", "2", "--points", "3", "--resamples", "20",
    ]
    let result = try seer.run(Seer.program, common + ["--json"]).json()
    #expect(result["rows"] as? Int == 6 && result["left_out"] as? Int == 2)
    let orders = try #require(result["orders"] as? [[String: Any]])
    #expect(
      orders.compactMap { $0["name"] as? String } == ["attnlrp", "gradient", "occlusion", "random"])
    for order in orders {
      for key in ["area", "deletion", "insertion"] {
        #expect(Set((order[key] as? [String: Double] ?? [:]).keys) == ["value", "low", "high"])
      }
      let area = (order["area"] as? [String: Double])?["value"] ?? .nan
      let parts = ["insertion", "deletion"].map {
        (order[$0] as? [String: Double])?["value"] ?? .nan
      }
      #expect(abs(area - (parts[0] - parts[1])) < 1e-6)
    }
    let comparisons = try #require(result["comparisons"] as? [[String: Any]])
    #expect(comparisons.count == 6)
    #expect(comparisons.allSatisfy { (0...1).contains($0["p"] as? Double ?? 9) })
    let text = try seer.run(Seer.program, common + ["--attribution", "gradient"])
    #expect(text.output.contains("6 rows judged, 2 left out"))
    #expect(text.output.contains("gradient - random"))
    try seer.run(Seer.program, common + ["--attribution", "gradient,guess"]).expect(
      64, "--attribution: found `guess`")
    try seer.folder.write("prompt,value\nwhat is this,shape\n", to: "held.csv")
    try seer.run(Seer.program, common).expect(65, "held.csv", "no row that can be judged")
  }

  @Test func whatWasTunedForIsRead() throws {
    try train()
    try seer.folder.write("prompt\nthe red sea\nan assistant reads 12\n", to: "texts.csv")
    let common = [
      "compare", "--base", "run", "--tuned", "tuned", "--permutations", "0", "--layer", "2",
      "--readout",
    ]
    func readout(_ more: String...) throws -> [String: Any] {
      let result = try seer.run(Seer.program, common + more + ["--json"]).json()
      return try #require(result["readout"] as? [String: Any])
    }
    let own = try readout()
    #expect(own["rows"] as? Int == 4 && own["texts"] == nil)
    let other = try readout("--texts", "texts.csv", "--vector", "tuned.gguf")
    #expect(other["rows"] as? Int == 2 && other["texts"] as? String == "texts.csv")
    for readout in [own, other] {
      let layers = try #require(readout["layers"] as? [[String: Any]])
      #expect(layers.count == 1 && layers[0]["layer"] as? Int == 2)
      #expect((layers[0]["length"] as? Double ?? 0) > 0)
      #expect((layers[0]["relative_length"] as? Double ?? 0) > 0)
      let top = try #require(layers[0]["top"] as? [[String: Any]])
      #expect(top.count == 10 && top.allSatisfy { $0["token"] is String })
    }
    // The vector steers.
    let steered = try seer(
      "generate", "--prompt", "Is the sky", "--tokens", "3", "--control-vector", "tuned.gguf=1")
    #expect(steered.status == 0 && steered.errors.contains("Steering: layer 2"))
    let text = try seer.run(Seer.program, common)
    #expect(text.output.contains("tuned less base, the mean of 4 rows"))
    try seer("compare", "--base", "run", "--tuned", "tuned", "--texts", "texts.csv").expect(
      64, "--texts", "--readout")
    try seer.run(Seer.program, common + ["--texts", "none.csv"]).expect(66, "none.csv")
    try seer.run(
      Seer.program,
      [
        "compare", "--base", "run", "--tuned", "run", "--readout",
        "--texts", "texts.csv", "--layer", "2", "--permutations", "0",
      ]
    ).expect(65, "run.json", "adapter")
  }
}
