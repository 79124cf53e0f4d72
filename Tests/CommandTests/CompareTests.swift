import Foundation
import SeerProjection
import TestSupport
import Testing

/// `seer compare` and `seer export`, on runs whose states are made up.
struct CompareTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    try RunBuilder.writePair(into: seer.folder)
  }

  func compare(_ more: String...) throws -> Seer.Outcome {
    try seer.run(
      Seer.program,
      ["compare", "--base", "base", "--tuned", "tuned", "--permutations", "5"] + more)
  }

  static let metrics = [
    "nearest_prototype", "linear_probe", "silhouette", "angle_between", "angle_within", "r_diff",
    "r_same", "r_gap", "erank", "l1", "l2", "hausdorff", "k_variance", "wasserstein", "margin",
  ]

  @Test func theContractsKeys() throws {
    let result = try compare("--json").json()
    let layers = try #require(result["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["layer"] as? Int } == [0, 1, 2])
    for layer in layers {
      for side in ["base", "tuned"] {
        let figures = try #require(layer[side] as? [String: [String: Any]])
        for metric in Self.metrics {
          let figure = try #require(figures[metric])
          for key in ["value", "null_mean", "null_low", "null_high"] {
            #expect(figure[key] is Double, "\(metric), \(key)")
          }
        }
        let probe = try #require(figures["linear_probe"])
        #expect(probe["low"] is Double && probe["high"] is Double)
      }
      #expect(layer["cka"] is Double && layer["neighbours_kept"] is Double)
      let drift = try #require(layer["drift"] as? [String: Any])
      #expect(drift["cosine_distance"] is Double)
      let confusion = try #require(layer["confusion"] as? [String: [[Int]]])
      #expect(confusion["base"]?.count == 3)
    }
    let focus = try #require(result["focus"] as? [String: Any])
    #expect(focus["layer"] as? Int == 2)
    #expect((focus["mixing"] as? [[String: Any]])?.count == 3)
    let moved = try #require(focus["moved"] as? [[String: Any]])
    #expect(moved.count == 20 && moved[0]["joined"] is [Int])
    #expect(try compare("--json").output == compare("--json").output)
  }

  @Test func oneLayerWithoutNulls() throws {
    let outcome = try seer(
      "compare", "--base", "base", "--tuned", "tuned", "--permutations", "0", "--layer", "1",
      "--choose-strength", "--json", "--output", "result.json")
    let result = try outcome.json()
    let layers = try #require(result["layers"] as? [[String: Any]])
    #expect(layers.count == 1)
    let figures = try #require(layers[0]["tuned"] as? [String: [String: Any]])
    #expect(figures["silhouette"]?["null_mean"] is NSNull)
    #expect(try bytes(ofFile: seer.folder("result.json")) == Array(outcome.output.utf8))
  }

  @Test func asATable() throws {
    let outcome = try compare()
    #expect(outcome.status == 0)
    for word in [
      "base -> tuned: 48 rows, 3 concepts, 3 layers", "layer 2", "nearest prototype", "null 95 %",
      "*", "moved most", " CKA", "came apart",
    ] {
      #expect(outcome.output.contains(word), "\(outcome.output)")
    }
  }

  /// Two runs of a mixture: one layer without a router, two whose routing moved.
  @Test func howRoutingMoved() throws {
    for (name, shift) in [("base", 0), ("tuned", 1)] {
      var builder = RunBuilder.clusters(distance: 3)
      builder.routing = RunBuilder.Routing(layers: [1, 2], experts: 4) { layer, row in
        // At layer 2 every fourth row's second expert becomes its first.
        let turned = layer == 2 && shift == 1 && row % 4 == 0
        let pair = [Int32(row % 4), Int32((row + 1) % 4)]
        return turned ? pair.reversed() : pair
      }
      try builder.write(to: seer.folder(name))
    }
    let layers = try #require(try compare("--json").json()["layers"] as? [[String: Any]])
    #expect(layers[0]["routing"] == nil)
    for (layer, changed) in [(1, 0.0), (2, 0.25)] {
      let routing = try #require(layers[layer]["routing"] as? [String: Double])
      #expect(routing == ["top_changed": changed, "overlap": 1, "load_variation": 0])
    }
    let table = try compare().output
    #expect(
      table.contains(
        """
        routing   other top expert  experts kept  load moved
        1                      0 %         100 %       0.000
        2                     25 %         100 %       0.000

        """), "\(table)")
  }

  @Test func withoutRoutingThereIsNoKeyOfIt() throws {
    let layers = try #require(try compare("--json").json()["layers"] as? [[String: Any]])
    #expect(layers.allSatisfy { $0["routing"] == nil })
    #expect(!(try compare().output.contains("routing")))
  }

  @Test func thePaperGrid() throws {
    for (name, method) in [("grid.svg", "pca"), ("grid.png", "tsne")] {
      let outcome = try compare("--figure", name, "--method", method, "--layer", "2")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let recipe = try #require(
        JSONSerialization.jsonObject(
          with: Data(try bytes(ofFile: seer.folder(name + ".recipe.json")))) as? [String: Any])
      #expect(recipe["method"] as? String == method)
      let runs = try #require(recipe["runs"] as? [[String: Any]])
      #expect(runs.map { $0["run"] as? String } == ["base", "tuned"])
      #expect(runs[1]["adapter_sha256"] as? String == "89ab" && runs[0]["layer"] as? Int == 2)
    }
    let drawing = String(decoding: try bytes(ofFile: seer.folder("grid.svg")), as: UTF8.self)
    for word in ["before", "after", "violence", "prototype 1.00", "PCA of both"] {
      #expect(drawing.contains(word), "\(word)")
    }
    #expect(try bytes(ofFile: seer.folder("grid.png")).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let two = try seer(
      "compare", "--base", "base", "--tuned", "tuned", "--base", "tuned", "--tuned", "tuned",
      "--permutations", "0", "--figure", "two.svg", "--json")
    #expect((try two.json()["pairs"] as? [Any])?.count == 2)
  }

  @Test func exportInEveryFormat() throws {
    for format in ["npy", "tsv", "csv", "svg", "png"] {
      let name = "out." + format
      let outcome = try seer(
        "export", "--run", "tuned", "--layer", "2", "--format", format, "--output", name, "--json")
      let result = try outcome.json()
      #expect(result["rows"] as? Int == 48 && result["recipe"] as? String == name + ".recipe.json")
      let recipe = try #require(
        JSONSerialization.jsonObject(
          with: Data(try bytes(ofFile: seer.folder(name + ".recipe.json")))) as? [String: Any])
      for key in ["tool", "command", "runs", "method", "seed", "output"] {
        #expect(recipe[key] != nil, "\(key)")
      }
      let run = try #require((recipe["runs"] as? [[String: Any]])?.first)
      for key in ["model", "model_sha256", "adapter", "concepts_sha256", "layer", "position"] {
        #expect(run[key] != nil, "\(key)")
      }
    }
    let states = try bytes(ofFile: seer.folder("out.npy"))
    #expect(states.count == 128 + 48 * 8 * 4)
    let table = String(decoding: try bytes(ofFile: seer.folder("out.csv")), as: UTF8.self)
    #expect(table.hasPrefix("x,y,row,concept,split,text,taken_for,margin\n"))
    #expect(table.contains(",1,honesty,train,\"text 1, \"\"quoted\"\"\","))
    let lines = String(decoding: try bytes(ofFile: seer.folder("out.tsv")), as: UTF8.self)
      .split(separator: "\n")
    let fields = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).count }
    #expect(lines.count == 49 && fields.allSatisfy { $0 == 8 })
    let vectors = String(decoding: try bytes(ofFile: seer.folder("out.vectors.tsv")), as: UTF8.self)
      .split(separator: "\n")
    #expect(vectors.count == 48 && vectors.allSatisfy { $0.split(separator: "\t").count == 8 })
    let drawing = String(decoding: try bytes(ofFile: seer.folder("out.svg")), as: UTF8.self)
    #expect(drawing.contains("honesty") && drawing.contains("with adapter, layer 2"))
  }

  @Test func aRecipeMakesTheFileAgain() throws {
    for format in ["npy", "tsv", "csv", "svg", "png"] {
      let name = "made." + format
      let made = try seer("export", "--run", "tuned", "--layer", "2", "--output", name)
      #expect(made.status == 0, "\(made.errors)")
      let before = try bytes(ofFile: seer.folder(name))
      try seer.folder.write("gone", to: name)
      let again = try seer("export", "--recipe", name + ".recipe.json", "--json").json()
      #expect(again["output"] as? String == name)
      #expect(try bytes(ofFile: seer.folder(name)) == before, "\(name)")
    }
    let recipe = String(
      decoding: try bytes(ofFile: seer.folder("made.svg.recipe.json")), as: UTF8.self)
    try seer.folder.write(
      recipe.replacing("\"position\" : \"last\"", with: "\"position\" : \"mean\""),
      to: "other.recipe.json")
    try seer("export", "--recipe", "other.recipe.json").expect(
      65, "tuned/run.json, position: found last, wanted mean, as other.recipe.json has it")
    try seer("export", "--recipe", "none.json").expect(66, "none.json")
    try seer("export", "--recipe", "tuned/run.json").expect(65, "no recipe that can be read")
    try seer("export", "--recipe", "made.svg.recipe.json", "--layer", "1").expect(64, "--recipe")
    try seer("export", "--run", "tuned", "--layer", "1", "--output", "x").expect(64, "--format")
  }

  /// Pictures that move: through all layers of a run, or through what a training kept.
  @Test func exportOfWalks() throws {
    let made = try seer("export", "--run", "tuned", "--animate", "--output", "walk.svg", "--json")
    #expect(try made.json()["recipe"] as? String == "walk.svg.recipe.json")
    let walk = try bytes(ofFile: seer.folder("walk.svg"))
    #expect(String(decoding: walk, as: UTF8.self).contains("<animateTransform"))
    try seer.folder.write("gone", to: "walk.svg")
    #expect(try seer("export", "--recipe", "walk.svg.recipe.json").status == 0)
    #expect(try bytes(ofFile: seer.folder("walk.svg")) == walk)
    for (options, said) in [
      (["--run", "tuned", "--animate", "--output", "walk.png"], "found walk.png, wanted svg"),
      (["--run", "tuned", "--animate", "--layer", "1", "--output", "w.svg"], "--animate: found"),
      (["--animate", "--output", "w.svg"], "give --output and --run"),
      (["--training", "a", "--run", "tuned", "--output", "w.svg"], "--training: found"),
      (["--training", "a"], "give --output"),
      (["--recipe", "r", "--animate"], "--recipe says all"),
      (["--run", "tuned", "--output", "w.svg"], "--layer: found none with svg"),
    ] {
      try seer.run(Seer.program, ["export"] + options, environment: [:], output: nil)
        .expect(64, said)
    }
    try seer("export", "--training", "tuned", "--output", "w.svg").expect(66, "--keep 10")
  }

  /// `x` saves the screen beside what is there already, and scripts make films.
  @Test func screensAreSavedUnderFreeNames() throws {
    let keys = "wait idle\nkey x\nkey x\nkey x\nfilm 500\nkey h\nwait idle\nfilm 500\n"
    _ = try seer.folder.write(keys + "save-film film.svg\nquit\n", to: "x.keys")
    let outcome = try seer("explore", "--run", "tuned", "--script", "x.keys")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: seer.folder.path)
      .filter { $0.hasPrefix("seer-explore-layer-") }.sorted()
    #expect(names.count == 3 && names[0].hasSuffix("-2.svg") && names[1].hasSuffix("-3.svg"))
    let (second, third) = (names[0], names[1])
    #expect(try bytes(ofFile: seer.folder(second)) == bytes(ofFile: seer.folder(third)))
    let film = String(decoding: try bytes(ofFile: seer.folder("film.svg")), as: UTF8.self)
    #expect(film.contains("dur=\"1000ms\""))
  }

  @Test func exportOfAMapThatWasMade() throws {
    let made = try seer(
      "project", "--run", "tuned", "--layer", "2", "--method", "pca", "--output", "map.csv")
    #expect(made.status == 0)
    let outcome = try seer(
      "export", "--run", "tuned", "--layer", "2", "--map", "map.csv", "--format", "csv",
      "--output", "again.csv")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let before = String(decoding: try bytes(ofFile: seer.folder("map.csv")), as: UTF8.self)
    let after = String(decoding: try bytes(ofFile: seer.folder("again.csv")), as: UTF8.self)
    let first = before.split(separator: "\n")[1].split(separator: ",").prefix(3)
    #expect(after.split(separator: "\n")[1].split(separator: ",").prefix(3) == first)

    // A row without coordinates is left out.
    var rows = before.split(separator: "\n").map(String.init)
    rows[4] = ",," + rows[4].split(separator: ",").dropFirst(2).joined(separator: ",")
    try seer.folder.write(rows.joined(separator: "\n"), to: "fewer.csv")
    let fewer = try seer(
      "export", "--run", "tuned", "--layer", "2", "--map", "fewer.csv", "--output", "fewer.svg",
      "--json")
    #expect(try fewer.json()["rows"] as? Int == 47)
    let drawn = String(decoding: try bytes(ofFile: seer.folder("fewer.svg")), as: UTF8.self)
    #expect(drawn.contains("47 of 48 rows"))

    func refused(_ map: String, _ words: String) throws {
      try seer.folder.write(map, to: "bad.csv")
      try seer(
        "export", "--run", "tuned", "--layer", "2", "--map", "bad.csv", "--format", "svg",
        "--output", "no.svg"
      ).expect(65, "bad.csv", words)
      #expect(!FileManager.default.fileExists(atPath: seer.folder("no.svg")))
    }
    try refused("x,y\n1,2\n", "found 1 rows, wanted 48")
    try refused("x,row\n1,2\n", "wanted a column `y`")
    let lines = before.split(separator: "\n")
    try refused(
      lines.map { $0 == lines[3] ? "nan,1,2,a" : $0 }.joined(separator: "\n"), "line 4, column x")
    try refused(
      lines.map { $0 == lines[3] ? "1,1,9,a" : $0 }.joined(separator: "\n"), "line 4, column row")
  }

  @Test func whatCannotBeComparedOrWritten() throws {
    try compare("--layer", "7").expect(64, "--layer: found 7, wanted a layer of both runs: 0 to 2")
    try compare("--figure", "grid.jpg").expect(64, "grid.jpg, wanted a file ending in .svg or .png")
    try compare("--train", "base").expect(64, "both --train and --train-tuned")
    try seer("compare", "--base", "base", "--tuned", "none").expect(66, "none/run.json")
    try seer("compare", "--base", "base", "--base", "base", "--tuned", "tuned").expect(
      64, "equally often")
    var other = RunBuilder.clusters()
    other.rows.removeLast()
    try other.write(to: seer.folder("fewer"))
    try seer("compare", "--base", "base", "--tuned", "fewer").expect(
      65, "fewer/rows.csv: found 47 rows, wanted 48, the rows of base")
    try compare("--output", "no/where.json").expect(73, "no/where.json")
    try seer("export", "--run", "base", "--layer", "9", "--format", "npy", "--output", "x.npy")
      .expect(64, "base, layer: found 9, wanted one of 0 to 2")
    try seer("export", "--run", "base", "--layer", "1", "--format", "npy", "--output", "no/x.npy")
      .expect(73, "no/x.npy")
    try seer(
      "export", "--run", "base", "--layer", "1", "--format", "npy", "--map", "m", "--output", "x"
    ).expect(64, "--map")
  }

  @Test func oneConceptIsANote() throws {
    try RunBuilder.clusters(concepts: ["only"]).write(to: seer.folder("one"))
    let outcome = try seer("compare", "--base", "one", "--tuned", "one", "--json")
    _ = try outcome.json()
    #expect(outcome.errors.contains("There is one concept only, `only`"))
  }
}
