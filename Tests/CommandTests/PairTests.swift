import Foundation
import TestSupport
import Testing

/// Two runs side by side: pictures of pairs, models of different width.
struct PairTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    try RunBuilder.writePair(into: seer.folder)
    var wide = RunBuilder.clusters(distance: 3)
    wide.width = 12
    wide.model = "another"
    try wide.write(to: seer.folder("wide"))
  }

  func figure(_ tuned: String, _ more: [String]) throws -> (recipe: [String: Any], svg: String) {
    let outcome = try seer.run(
      Seer.program,
      [
        "compare", "--base", "base", "--tuned", tuned, "--permutations", "0", "--layer", "2",
        "--figure", "grid.svg",
      ] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let recipe = try JSONSerialization.jsonObject(
      with: Data(try bytes(ofFile: seer.folder("grid.svg.recipe.json"))))
    return (
      try #require(recipe as? [String: Any]),
      String(decoding: try bytes(ofFile: seer.folder("grid.svg")), as: UTF8.self)
    )
  }

  @Test(arguments: ["pca", "tsne"]) func jointOrAligned(method: String) throws {
    let joint = try figure("tuned", ["--method", method])
    #expect(joint.recipe["arrangement"] as? String == "joint")
    #expect(joint.svg.contains("of both together, each about its mean"))
    let aligned = try figure("tuned", ["--method", method, "--aligned"])
    #expect(aligned.recipe["arrangement"] as? String == "aligned")
    #expect(aligned.recipe["method"] as? String == method)
    #expect((aligned.recipe["command"] as? [String])?.last == "--aligned")
    #expect(aligned.svg != joint.svg && !aligned.svg.contains("of both together"))
    // The command in the recipe makes the same picture again.
    let command = try #require(joint.recipe["command"] as? [String])
    _ = try seer.run(Seer.program, Array(command.dropFirst()))
    #expect(try bytes(ofFile: seer.folder("grid.svg")) == Array(joint.svg.utf8))
  }

  /// Each run has axes of its own, turned to match.
  @Test(arguments: ["pca", "tsne"]) func widthsMayDiffer(method: String) throws {
    let found = try figure("wide", ["--method", method])
    #expect(found.recipe["arrangement"] as? String == "aligned")
    let outcome = try seer(
      "compare", "--base", "base", "--tuned", "wide", "--permutations", "0", "--json")
    let layers = try #require(try outcome.json()["layers"] as? [[String: Any]])
    let layer = try #require(layers.last)
    #expect(layer["cka"] is Double && layer["neighbours_kept"] is Double)
    #expect((layer["drift"] as? [String: Any])?["cosine_distance"] is NSNull)
    let both = try seer(
      "compare", "--base", "base", "--tuned", "wide", "--base", "base", "--tuned", "tuned",
      "--permutations", "0", "--figure", "two.svg")
    #expect(both.status == 0, "\(both.errors)")
    let drawing = String(decoding: try bytes(ofFile: seer.folder("two.svg")), as: UTF8.self)
    #expect(drawing.contains("or, where widths differ"))
  }

  @Test func whatGoesTogether() throws {
    try seer("compare", "--base", "base", "--tuned", "tuned", "--aligned").expect(64, "--figure")
    var other = RunBuilder.clusters()
    other.rows[3].text = "else"
    try other.write(to: seer.folder("other"))
    try seer("compare", "--base", "base", "--tuned", "other").expect(
      65, "other/rows.csv, row 3, column text", "as in base")
    var fewer = RunBuilder.clusters()
    fewer.layers = [5]
    try fewer.write(to: seer.folder("layers"))
    try seer("compare", "--base", "base", "--tuned", "layers").expect(65, "a layer that base holds")
  }
}
