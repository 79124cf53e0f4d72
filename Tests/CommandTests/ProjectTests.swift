import Foundation
import TestSupport
import Testing

/// `seer project` along axes, from concepts, with densities, and stopped in the middle.
struct ProjectTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  private func matrix(rows: Int, columns: Int, _ name: String) throws -> String {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
    header += String(repeating: " ", count: 127 - 10 - header.utf8.count) + "\n"
    let values = (0..<rows * columns).map {
      Float(($0 * 7919 + 13) % 1009) / 100 + ($0 / columns % 4 == $0 % columns ? 20 : 0)
    }
    let file =
      [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.utf8.count))
      + Array(header.utf8) + floatBytes(values)
    return try seer.folder.write(file, to: name)
  }

  private func extract(_ name: String = "run") throws {
    #expect(
      try seer(
        "extract", "--concepts", try seer.concepts(), "--template", "plain", "--run",
        seer.folder(name)
      ).status == 0)
  }

  private func places(_ name: String) throws -> [[Substring]] {
    String(decoding: try bytes(ofFile: seer.folder(name)), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
  }

  @Test func axesOfConcepts() throws {
    try extract()
    #expect(
      try seer(
        "control-vector", "--run", "run", "--layer", "2", "--concept", "color", "--output",
        "color.gguf"
      ).status == 0)
    for axes in [
      "prototype:color,probe:number", "probe:color,prototype:number",
      "vector:color.gguf,prototype:number",
    ] {
      let result = try seer(
        "project", "--run", "run", "--layer", "2", "--method", "axes", "--axes", axes, "--output",
        "map.csv", "--json"
      ).json()
      #expect(result["rows"] as? Int == 4 && result["axes_cosine"] is Double)
      let shown = try #require(result["variance_shown"] as? Double)
      #expect((0...1).contains(shown))
      let rows = try places("map.csv")
      let x = try rows.map { try #require(Float($0[0])) }
      // The vector is made of the training rows, the first two.
      let (own, others) =
        axes.hasPrefix("vector") ? ([x[0]], [x[1]]) : ([x[0], x[2]], [x[1], x[3]])
      #expect((own.min() ?? 0) > (others.max() ?? 0), "\(axes): \(x)")
    }
  }

  /// What a model was tuned for, here what tokens' means have before their last ones: along it the rows
  /// of the second run would lie further than those of the first.
  @Test func axesOfTwoRuns() throws {
    try extract()
    #expect(
      try seer(
        "extract", "--concepts", "concepts.csv", "--template", "plain", "--position", "mean",
        "--run",
        "other"
      ).status == 0)
    func x(_ run: String, _ tuned: String) throws -> [Float] {
      let outcome = try seer(
        "project", "--run", run, "--layer", "2", "--method", "axes", "--axes",
        "readout,prototype:color", "--tuned", tuned, "--output", "map.csv", "--json")
      #expect(try outcome.json()["rows"] as? Int == 4)
      return try places("map.csv").map { try #require(Float($0[0])) }
    }
    // The other way round the direction is turned round.
    let (there, back) = (try x("run", "other"), try x("other", "run"))
    #expect(there.contains { abs($0) > 1e-4 } && back.contains { abs($0) > 1e-4 })
    #expect(abs(there.reduce(0, +)) < 1e-4 && abs(back.reduce(0, +)) < 1e-4, "about the mean")
  }

  @Test func axesThatAreNotThereAreRefused() throws {
    try extract()
    func project(_ axes: String, _ more: String...) throws -> Seer.Outcome {
      try seer.run(
        Seer.program,
        ["project", "--method", "axes", "--axes", axes, "--output", "map.csv"] + more)
    }
    try project("prototype:sky,probe:color", "--run", "run", "--layer", "2").expect(
      64, "--axes: found the concept `sky`", "one of color, number")
    try project("plane:color,number,sky", "--run", "run", "--layer", "2").expect(
      64, "the concept `sky`")
    try project("readout,probe:color", "--run", "run", "--layer", "2").expect(
      64, "--axes: found readout with one run", "--tuned")
    try project("readout,probe:color", "--run", "run", "--layer", "2", "--tuned", "run").expect(
      64, "found a length of 0")
    try project("vector:none.gguf,probe:color", "--run", "run", "--layer", "2").expect(66)
    let other = try matrix(rows: 2, columns: 3, "other.npy")
    try project("vector:\(other),probe:color", "--run", "run", "--layer", "2").expect(
      65, "found 2 x 3 numbers", "one row of")
    try project("prototype:a,prototype:b", "--matrix", other).expect(
      64, "the concepts of a run: give --run and --layer")
    try project("sky", "--run", "run", "--layer", "2").expect(
      64, "--axes: found sky", "prototype:CONCEPT")
    try project("prototype:a,probe:b", "--matrix", other, "--tuned", "run").expect(
      64, "--tuned goes with --run and --axes")
    try seer("project", "--matrix", other, "--axes", "readout,readout", "--output", "m.csv").expect(
      64, "--axes goes with --method axes")
    try seer("project", "--matrix", other, "--method", "axes", "--output", "m.csv").expect(
      64, "--axes: found none")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("map.csv")))
  }

  @Test func densitiesAndStartsAreSaid() throws {
    try extract()
    let outcome = try seer(
      "project", "--run", "run", "--layer", "2", "--method", "umap", "--start", "concepts",
      "--density", "1", "--iterations", "20", "--output", "map.csv", "--json")
    #expect(try outcome.json()["rows"] as? Int == 4)
    #expect(outcome.errors.contains("Begun from the concepts' means"))
    #expect(outcome.errors.contains("Densities are kept"))
    try seer(
      "project", "--run", "run", "--layer", "2", "--method", "tsne", "--start", "1", "--output",
      "m.csv"
    ).expect(64, "--start: found 1, wanted components or concepts")
    let other = try matrix(rows: 20, columns: 3, "other.npy")
    try seer(
      "project", "--matrix", other, "--method", "pacmap", "--start", "concepts", "--output",
      "m.csv"
    ).expect(64, "--start: found concepts, of rows without any")
  }

  /// A projection that is stopped, by whatever, ends at the same bits when it is asked for again.
  @Test(.timeLimit(.minutes(5)), arguments: ["tsne", "umap", "pacmap"])
  func stoppedAndFinished(method: String) throws {
    _ = try matrix(rows: 400, columns: 8, "states.npy")
    func arguments(_ output: String, seed: Int = 3) -> [String] {
      [
        "project", "--matrix", "states.npy", "--method", method, "--iterations", "20000", "--seed",
        "\(seed)", "--output", output, "--json",
      ]
    }
    #expect(try seer.run(Seer.program, arguments("whole.csv")).status == 0)
    // Progress comes on a line of its own once steps are taken.
    let process = try seer.process(
      Seer.program, arguments("map.csv"), environment: [:], output: seer.folder("first.out"),
      errors: seer.folder("first.err"))
    func hasBegun() throws -> Bool {
      String(decoding: try bytes(ofFile: seer.folder("first.err")), as: UTF8.self)
        .contains("iterations")
    }
    while process.isRunning, try !hasBegun() { sched_yield() }
    kill(process.processIdentifier, SIGINT)
    try seer.finish(process, "first").expect(130, "interrupted")
    let checkpoint = seer.folder("map.csv.checkpoint")
    #expect(FileManager.default.fileExists(atPath: checkpoint))
    #expect(!FileManager.default.fileExists(atPath: seer.folder("map.csv")))

    // Another projection does not go on with it, nor write over it.
    let kept = try bytes(ofFile: checkpoint)
    try seer.run(Seer.program, arguments("map.csv", seed: 4)).expect(
      65, "map.csv.checkpoint: found the checkpoint of another projection", "delete it")
    #expect(try bytes(ofFile: checkpoint) == kept)

    let resumed = try seer.run(Seer.program, arguments("map.csv"))
    #expect(try resumed.json()["rows"] as? Int == 400)
    #expect(resumed.errors.contains("Went on with an unfinished map at step"))
    #expect(
      try bytes(ofFile: seer.folder("map.csv")) == bytes(ofFile: seer.folder("whole.csv")))
    #expect(!FileManager.default.fileExists(atPath: checkpoint))
  }
}
