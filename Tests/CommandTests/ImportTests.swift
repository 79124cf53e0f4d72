import Foundation
import SeerFormats
import SeerSupport
import TestSupport
import Testing

/// States of another program from their file to every command that takes a run.
struct ImportTests {
  let seer: Seer
  let rows: String

  init() throws {
    seer = try Seer()
    rows = try seer.folder.write(
      "prompt,value\n" + (0..<24).map { "prompt \($0),\($0 % 2 == 0 ? "even" : "odd")\n" }.joined(),
      to: "rows.csv")
  }

  /// Three layers of 24 rows, of which the concepts part at `distance` a layer.
  func states(_ name: String, distance: Float) throws -> String {
    try OutputFile.write(to: seer.folder(name)) { file in
      var archive = ZipWriter(file)
      for layer in [2, 5, 9] {
        var values: [Float] = []
        for row in 0..<24 {
          for column in 0..<6 {
            let noise = Float((row * 7 + column * 13 + layer * 3) % 11) - 5
            values.append(noise + (column == row % 2 ? distance * Float(layer) : 0))
          }
        }
        try archive.add(
          "resid.\(layer).npy", NPY.header("<f4", shape: [24, 6]) + floatBytes(values))
      }
      try archive.finish()
    }
    return seer.folder(name)
  }

  func importing(_ name: String, distance: Float, _ options: String...) throws -> Seer.Outcome {
    try seer.run(
      Seer.program,
      [
        "import", "--states", try states(name + ".npz", distance: distance), "--rows", rows,
        "--run", seer.folder(name), "--json",
      ] + options)
  }

  @Test func theResult() throws {
    let outcome = try importing("run", distance: 1, "--model-name", "gpt-x")
    let result = try outcome.json()
    #expect(Set(result.keys) == ["layers", "rows", "width"])
    #expect(result["layers"] as? [Int] == [2, 5, 9])
    #expect(result["rows"] as? Int == 24 && result["width"] as? Int == 6)
    #expect(outcome.errors.contains("numbers in the names, from 2"))
    let again = try importing("run", distance: 1, "--model-name", "gpt-x")
    #expect(again.status == 0 && again.errors.contains("holds this run already"))
    let text = try seer(
      "import", "--states", seer.folder("run.npz"), "--rows", rows, "--run", seer.folder("other"),
      "--first-layer", "1")
    #expect(text.output == "\(seer.folder("other")): 24 rows of width 6, layers 1, 4, 8\n")
  }

  @Test func everyCommandThatTakesARun() throws {
    #expect(try importing("base", distance: 0.1).status == 0)
    #expect(try importing("tuned", distance: 2).status == 0)
    let (base, tuned) = (seer.folder("base"), seer.folder("tuned"))

    let map = try seer(
      "project", "--run", tuned, "--layer", "5", "--output", seer.folder("map.csv"), "--json"
    ).json()
    #expect(map["rows"] as? Int == 24)
    try seer("project", "--run", tuned, "--layer", "3", "--output", seer.folder("x.csv")).expect(
      64, "found 3, wanted one of 2, 5, 9")

    let compared = try seer(
      "compare", "--base", base, "--tuned", tuned, "--permutations", "0", "--json")
    let layers = try #require(try compared.json()["layers"] as? [[String: Any]])
    #expect(layers.compactMap { $0["layer"] as? Int } == [2, 5, 9])
    #expect(!compared.errors.contains("same model") && !compared.errors.contains("same file"))
    #expect(
      try seer("compare", "--base", base, "--tuned", base, "--permutations", "0").errors.contains(
        "Both runs are of the same file of states"))

    let exported = try seer(
      "export", "--run", tuned, "--layer", "9", "--format", "csv", "--output", seer.folder("x.csv"),
      "--json")
    #expect(try exported.json()["rows"] as? Int == 24)
    #expect(
      try seer("export", "--recipe", seer.folder("x.csv.recipe.json")).status == 0)

    let report = try seer(
      "report", "--run", base, "--run", tuned, "--output", seer.folder("report.md"))
    #expect(report.status == 0, "\(report.errors)")
    let text = String(decoding: try bytes(ofFile: seer.folder("report.md")), as: UTF8.self)
    #expect(text.contains("| states | \(seer.folder("base.npz")) |"))
    #expect(text.contains("| template | not told | not told |"))

    let script = try seer.folder.write(
      "wait idle\nkey l\nwait idle\nsave-screen \(seer.folder("screen.txt"))\nquit\n", to: "keys")
    let explored = try seer("explore", "--run", base, "--run", tuned, "--script", script)
    #expect(explored.status == 0, "\(explored.errors)")
    let screen = String(decoding: try bytes(ofFile: seer.folder("screen.txt")), as: UTF8.self)
    #expect(screen.contains("layer 9/9") && !screen.contains("0 tokens"))
  }

  @Test func aRecipeKnowsTheStates() throws {
    #expect(try importing("run", distance: 1).status == 0)
    #expect(
      try seer(
        "export", "--run", seer.folder("run"), "--layer", "5", "--output", seer.folder("x.npy")
      ).status == 0)
    try FileManager.default.removeItem(atPath: seer.folder("run"))
    #expect(try importing("run", distance: 3).status == 0)
    try seer("export", "--recipe", seer.folder("x.npy.recipe.json")).expect(65, "states_sha256")
  }

  @Test func nothingIsScoredWithoutAModel() throws {
    #expect(try importing("run", distance: 1, "--model-name", "smollm2").status == 0)
    let outcome = try seer("score", "--run", seer.folder("run"), "--layer", "5", "text")
    #expect(outcome.status == 65 && outcome.output.isEmpty)
    #expect(outcome.errors.contains("found a run imported from \(seer.folder("run.npz"))"))
    #expect(outcome.errors.contains("Extract the rows with the model"))
    let script = try seer.folder.write(
      "save-screen \(seer.folder("screen.txt"))\nquit\n", to: "keys")
    #expect(try seer("explore", "--run", seer.folder("run"), "--script", script).status == 0)
    let screen = String(decoding: try bytes(ofFile: seer.folder("screen.txt")), as: UTF8.self)
    #expect(screen.contains("run was imported from"))
  }

  @Test(arguments: [
    (["--axes", "width,rows"], "rows,width"), (["--first-layer=-1"], "0 to 100000"),
    (["--dtype", "float8"], "bfloat16"), (["--position", "first"], "last"),
  ])
  func wrongUsage(options: [String], words: String) throws {
    let outcome = try seer.run(
      Seer.program,
      ["import", "--states", "x.npy", "--rows", rows, "--run", seer.folder("run")] + options)
    outcome.expect(64, words)
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  @Test func whatIsNotThere() throws {
    try seer("import", "--states", "none.npy", "--rows", rows, "--run", seer.folder("run")).expect(
      66, "none.npy: found ")
    try seer(
      "import", "--states", try states("x.npz", distance: 1), "--rows", "none.csv", "--run",
      seer.folder("run")
    ).expect(66, "none.csv: found ")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("run")))
  }

  // MARK: Matrices

  func matrix(_ values: [Double], columns: Int) throws -> String {
    try seer.folder.write(
      NPY.header("<f8", shape: [values.count / columns, columns])
        + values.flatMap { little($0.bitPattern) }, to: "matrix.npy")
  }

  /// Coordinates are in the unit of the matrix, whatever float32 holds.
  @Test(arguments: [1, 1e60, 1e-60])
  func aMatrixOfAnySize(size: Double) throws {
    let path = try matrix([0, 0, 0, 8, 0, 0, 0, 4, 0, 8, 4, 0].map { $0 * size }, columns: 3)
    let result = try seer(
      "project", "--matrix", path, "--output", seer.folder("map.csv"), "--json"
    ).json()
    let variance = try #require(result["explained_variance"] as? [Double])
    #expect(abs(variance[0] - 0.8) < 1e-5 && abs(variance[1] - 0.2) < 1e-5)
    let map = String(decoding: try bytes(ofFile: seer.folder("map.csv")), as: UTF8.self)
    let points = map.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").prefix(2).compactMap { Double($0) }
    }
    for (point, wanted) in zip(points, [(-4.0, -2.0), (4, -2), (-4, 2), (4, 2)]) {
      #expect(abs(point[0] / size - wanted.0) < 1e-5 && abs(point[1] / size - wanted.1) < 1e-5)
    }
  }

  @Test func aMessageOfAMatrixSaysFoundOnce() throws {
    let values = (0..<12).map { Float($0 / 2 % 2 == 0 ? 3e38 : -3e38) }
    let path = try seer.folder.write(
      NPY.header("<f4", shape: [6, 2]) + floatBytes(values), to: "matrix.npy")
    let outcome = try seer("project", "--matrix", path, "--output", seer.folder("map.csv"))
    outcome.expect(
      65, "matrix.npy: found values near the end of float32's range, wanted magnitudes")
    #expect(!outcome.errors.contains("found found") && !outcome.errors.contains(".."))
  }
}
