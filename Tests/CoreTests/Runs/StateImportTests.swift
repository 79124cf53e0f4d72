import Foundation
import SeerFormats
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Runs made of states that transformers wrote, and of others as TransformerLens and vLLM lay them
/// out (Fixtures/Imports/make_states.py).
struct StateImportTests {
  struct Golden: Decodable {
    let transformers: [[[Float]]]
    let lens: [[[Float]]]
    let oneText: [[[Float]]]
    let vllm: [[[Float]]]
  }

  let folder: TemporaryFolder
  let rows: String

  init() throws {
    folder = try TemporaryFolder()
    rows = try folder.write(
      "prompt,value,response,split\na b,x,,train\n\"c, d\",y,yes,train\ne f,x,,test\ng h,,,test\n",
      to: "rows.csv")
  }

  static func fixture(_ name: String) -> String { Fixtures.folder + "/Imports/" + name }

  func golden() throws -> Golden { try Fixtures.golden("Imports/states.json") }

  func order(_ states: String, rows: String? = nil) -> StateImport {
    StateImport(
      states: states.hasPrefix("/") ? states : Self.fixture(states), rows: rows ?? self.rows,
      folder: folder("run"), tool: "seer test")
  }

  @discardableResult
  func importing(_ order: StateImport) throws -> StateImport.Summary {
    try inJob { try order.run($0) }
  }

  func failure(_ order: StateImport) throws -> Failure {
    let failure = try #require(thrownFailure { try importing(order) }, "it was taken")
    #expect(!FileManager.default.fileExists(atPath: folder("run")), "nothing is left of it")
    return failure
  }

  func expect(_ wanted: [[[Float]]], layers: [Int]) throws {
    let run = try Run.open(folder("run"))
    #expect(run.manifest.layers == layers)
    for (layer, states) in zip(layers, wanted) {
      #expect(try run.states(layer: layer).values == states.flatMap { $0 })
    }
    #expect(
      try names(inFolder: folder("run")) == ["rows.csv", "run.json", "states.safetensors"])
  }

  // MARK: Other programs' layouts

  @Test func statesOfTransformersInOneArray() throws {
    var order = order("transformers.npy")
    order.axes = .layersRowsWidth
    let summary = try importing(order)
    #expect(summary.layers == [0, 1, 2, 3] && summary.rows == 4 && summary.width == 8)
    try expect(try golden().transformers, layers: [0, 1, 2, 3])
  }

  @Test(arguments: ["transformers.npz", "transformers"])
  func statesOfTransformersByName(states: String) throws {
    let summary = try importing(order(states))
    #expect(summary.notes.contains { $0.contains("--first-layer") })
    try expect(try golden().transformers, layers: [0, 1, 2, 3])
  }

  @Test(arguments: ["transformer-lens.npz", "transformer-lens.safetensors"])
  func theResidualStreamOfTransformerLens(states: String) throws {
    try importing(order(states))
    try expect(try golden().lens, layers: [0, 1, 2, 3])
  }

  @Test func someOfTransformerLens() throws {
    var order = order("transformer-lens.npz")
    order.tensor = "blocks.*.hook_resid_post"
    try importing(order)
    try expect(Array(try golden().lens.dropFirst()), layers: [1, 2, 3])
  }

  @Test func oneOfTransformerLens() throws {
    var order = order("transformer-lens.npz")
    order.tensor = "blocks.1.hook_resid_post"
    try importing(order)
    try expect([try golden().lens[2]], layers: [2])
  }

  @Test func theTokensOfOneText() throws {
    let tokens = try folder.write(
      "row,text,concept,tokens,split,prompt,token\n"
        + (0..<5).map { "0,a b,x,5,,a b,t\($0)\n" }.joined(), to: "tokens.csv")
    try importing(order("one-text.safetensors", rows: tokens))
    try expect(try golden().oneText, layers: [1, 2, 3])
    let run = try Run.open(folder("run"))
    #expect(run.manifest.position == .all)
    #expect(run.rows.map(\.token) == (0..<5).map { "t\($0)" })
    #expect(run.rows.allSatisfy { $0.tokens == 5 && $0.row == 0 })
  }

  @Test func aFileOfVLLM() throws {
    let tokens = try folder.write(
      "prompt\n" + (0..<5).map { "token \($0)\n" }.joined(), to: "tokens.csv")
    var order = order("vllm.safetensors", rows: tokens)
    order.firstLayer = 1
    let summary = try importing(order)
    #expect(summary.notes.contains { $0.contains("rows,layers,width") })
    try expect(try golden().vllm, layers: [1, 2])
  }

  // MARK: What is written down

  @Test func whatWasToldIsKept() throws {
    var order = order("transformers.npz")
    order.modelName = "tiny"
    order.templateName = "zephyr"
    order.position = .mean
    order.firstLayer = 4
    try importing(order)
    let run = try Run.open(folder("run"))
    let manifest = run.manifest
    #expect(manifest.layers == [4, 5, 6, 7] && manifest.model == "tiny")
    #expect(manifest.templateTitle == "zephyr" && manifest.position == .mean)
    #expect(manifest.isImported && manifest.states == order.states)
    #expect(manifest.statesSHA256 == (try sha256(ofFile: order.states)))
    #expect(manifest.conceptsSHA256 == (try sha256(ofFile: rows)))
    #expect(manifest.tokens == nil && manifest.seconds == nil)
    #expect(run.rows.map(\.text) == ["a b", "c, d\nyes", "e f", "g h"])
    #expect(run.rows.map(\.concept) == ["x", "y", "x", ""])
    #expect(run.rows.map(\.split) == ["train", "train", "test", "test"])
    #expect(run.rows.map(\.prompt) == ["a b", "c, d", "e f", "g h"])
  }

  @Test func nothingWasTold() throws {
    try importing(order("transformers.npz"))
    let manifest = try Run.open(folder("run")).manifest
    #expect(manifest.model == "transformers" && manifest.templateTitle == "not told")
  }

  /// A run of 0.1 does not say its rows' prompts, and neither does what is made of its rows.
  @Test func rowsOfARun() throws {
    let own = try folder.write(
      "row,text,concept,tokens,split\n"
        + (0..<4).map { "\($0 + 7),\"t, \($0)\",x,12,test\n" }.joined(), to: "own.csv")
    try importing(order("transformers.npz", rows: own))
    let run = try Run.open(folder("run"))
    #expect(try bytes(ofFile: folder("run/rows.csv")) == bytes(ofFile: own))
    #expect(run.rows.map(\.row) == [7, 8, 9, 10] && run.rows[0].prompt == nil)
  }

  @Test func halvesStayHalves() throws {
    let values: [Float] = [1, -2, 0.5, 65504, 0, 7, 6.1e-5, 1, 2, 3, 4, 5]
    let states = try folder.write(
      NPY.header("<f2", shape: [4, 3]) + values.flatMap { little(Float16($0).bitPattern) },
      to: "half.npy")
    try importing(order(states))
    let run = try Run.open(folder("run"))
    #expect(run.manifest.dtype == .float16)
    #expect(try run.states(layer: 0).values == values.map { Float(Float16($0)) })
  }

  // MARK: More rows than are copied at a time, in every order of axes

  @Test(arguments: StateAxes.allCases, [true, false])
  func everyOrderOfAxes(axes: StateAxes, isColumnMajor: Bool) throws {
    let (layers, count, width) = (axes == .rowsWidth ? 1 : 5, 23, 4)
    func value(_ layer: Int, _ row: Int, _ column: Int) -> Float {
      Float(layer * 1000 + row * 10 + column)
    }
    let shape: [Int] =
      switch axes {
      case .rowsWidth: [count, width]
      case .layersRowsWidth: [layers, count, width]
      case .rowsLayersWidth: [count, layers, width]
      }
    var values = [Float](repeating: 0, count: layers * count * width)
    for layer in 0..<layers {
      for row in 0..<count {
        for column in 0..<width {
          let place: [Int] =
            switch axes {
            case .rowsWidth: [row, column]
            case .layersRowsWidth: [layer, row, column]
            case .rowsLayersWidth: [row, layer, column]
            }
          let pairs = Array(zip(place, shape))
          let index = (isColumnMajor ? pairs.reversed() : pairs).reduce(0) { $0 * $1.1 + $1.0 }
          values[index] = value(layer, row, column)
        }
      }
    }
    var header = NPY.header("<f4", shape: shape)
    if isColumnMajor, let place = header.firstRange(of: Array("False".utf8)) {
      header.replaceSubrange(place, with: Array(" True".utf8))
    }
    let states = try folder.write(header + floatBytes(values), to: "states.npy")
    let many = try folder.write(
      "prompt\n" + (0..<count).map { "row \($0)\n" }.joined(), to: "many.csv")
    var order = order(states, rows: many)
    order.axes = axes
    order.firstLayer = 3
    try importing(order)
    try expect(
      (0..<layers).map { layer in
        (0..<count).map { row in (0..<width).map { value(layer, row, $0) } }
      }, layers: Array(3..<3 + layers))
  }

  // MARK: Again, and after an interruption

  @Test func againDoesNothing() throws {
    try importing(order("transformers.npz"))
    let before = try contents(ofRun: folder("run"))
    let summary = try importing(order("transformers.npz"))
    #expect(summary.notes.contains { $0.contains("holds this run already") })
    #expect(try contents(ofRun: folder("run")) == before)
    var other = order("transformers.npz")
    other.modelName = "another"
    let failure = try #require(thrownFailure { try importing(other) })
    failure.expect(.cannotWrite, file: folder("run"), found: "model")
    #expect(try contents(ofRun: folder("run")) == before)
  }

  @Test func itGoesOnAfterAnInterruption() throws {
    let order = order("transformer-lens.npz")
    try importing(order)
    let whole = try contents(ofRun: folder("run"))
    try FileManager.default.removeItem(atPath: folder("run"))
    #expect(throws: Cancelled.self) {
      let engine = Engine()
      _ = try engine.submit(
        "import", priority: .map,
        onEvent: { event in
          guard case .progress(let progress) = event, progress.completed == 2 else { return }
          for job in engine.jobs { engine.cancel(job.id) }
        }, body: { try order.run($0) }
      ).wait()
    }
    #expect(thrownFailure { _ = try Run.open(folder("run")) }?.found == "an unfinished run")
    try importing(order)
    #expect(try contents(ofRun: folder("run")) == whole)
  }

  // MARK: Refusals

  @Test func anotherNumberOfRows() throws {
    let few = try folder.write("prompt\na\nb\n", to: "few.csv")
    try failure(order("transformers.npz", rows: few)).expect(
      file: Self.fixture("transformers.npz"), place: "array arr_0, shape",
      found: "4 rows of states", wanted: "2, the rows of \(few)")
  }

  @Test func axesThatMayBeEither() throws {
    try failure(order("transformers.npy")).expect(
      place: "shape", found: "[4, 4, 8]", wanted: "one axis of 4 rows", advice: "--axes")
  }

  @Test func axesOfAnotherNumber() throws {
    var order = order("transformers.npy")
    order.axes = .rowsWidth
    try failure(order).expect(place: "shape", found: "[4, 4, 8]", wanted: "2 sizes, as --axes")
  }

  @Test func severalArraysWithoutNumbers() throws {
    let array = NPY.header("<f4", shape: [4, 1]) + floatBytes([1, 2, 3, 4])
    try OutputFile.write(to: folder("two.npz")) { file in
      var writer = ZipWriter(file)
      try writer.add("query.npy", array)
      try writer.add("key.npy", array)
      try writer.finish()
    }
    try failure(order(folder("two.npz"))).expect(
      found: "2 arrays (query [4, 1], key [4, 1])", wanted: "layer's number", advice: "--tensor")
    var order = order(folder("two.npz"))
    order.tensor = "value"
    try failure(order).expect(found: "no array `value`", advice: "--tensor")
    order.tensor = "key"
    try importing(order)
    try expect([[[1], [2], [3], [4]]], layers: [0])
  }

  @Test func anotherNameThanTheOnlyOne() throws {
    var order = order("transformers.npy")
    order.tensor = "states"
    try failure(order).expect(found: "no array `states`", advice: "--tensor")
  }

  @Test func layersOfDifferentWidths() throws {
    let path = folder("states")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    for (layer, width) in [(1, 1), (2, 2)] {
      try folder.write(
        NPY.header("<f4", shape: [4, width]) + floatBytes(.init(repeating: 1, count: 4 * width)),
        to: "states/layer\(layer).npy")
    }
    try failure(order(path)).expect(
      file: path + "/layer2.npy", found: "states of width 2", wanted: "1, as the other layers")
  }

  @Test func aFolderOfNothing() throws {
    let path = folder("states")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try folder.write("x", to: "states/notes.txt")
    try failure(order(path)).expect(file: path, found: "a folder without arrays")
  }

  @Test func everyTokenOfEveryRow() throws {
    let path = folder("states.npz")
    try OutputFile.write(to: path) { file in
      var writer = ZipWriter(file)
      for layer in 0..<2 {
        try writer.add(
          "layer_\(layer).npy",
          NPY.header("<f4", shape: [4, 3, 2]) + floatBytes(.init(repeating: 1, count: 24)))
      }
      try writer.finish()
    }
    try failure(order(path)).expect(
      place: "array layer_0, shape", found: "[4, 3, 2]", wanted: "(rows, width)",
      advice: "states[:, -1]")
  }

  @Test(arguments: [Float.nan, .infinity])
  func aStateThatIsNotFinite(value: Float) throws {
    let states = try folder.write(
      NPY.header("<f4", shape: [4, 2]) + floatBytes([1, 2, 3, 4, 5, value, 7, 8]), to: "x.npy")
    try failure(order(states)).expect(
      file: states, place: "row 2, column 1", found: "\(value)", wanted: "a finite number")
  }

  @Test func aStateBeyondFloat32() throws {
    let values = [1, 2, 3, 4, 5, 6, 7, 1e39]
    let states = try folder.write(
      NPY.header("<f8", shape: [4, 2]) + values.flatMap { little($0.bitPattern) }, to: "x.npy")
    try failure(order(states)).expect(
      file: states, place: "row 3, column 1", found: "1e+39", wanted: "at most 3.4e38")
  }

  @Test func integersThatAreNoStates() throws {
    let states = try folder.write(
      NPY.header("|O", shape: [4, 2]) + [UInt8](repeating: 0, count: 64), to: "x.npy")
    try failure(order(states)).expect(file: states, place: "descr", found: "|O")
  }

  @Test func rowsThatAreNone() throws {
    let bad = try folder.write("text,value\na,b\n", to: "bad.csv")
    try failure(order("transformers.npz", rows: bad)).expect(
      file: bad, found: "", wanted: "`prompt`")
  }

  @Test func aFolderWithOtherFilesStaysAsItIs() throws {
    try FileManager.default.createDirectory(
      atPath: folder("run"), withIntermediateDirectories: false)
    try folder.write("dear diary", to: "run/diary.txt")
    let failure = try #require(thrownFailure { try importing(order("transformers.npz")) })
    failure.expect(.cannotWrite, file: folder("run"), found: "other files")
    #expect(try names(inFolder: folder("run")) == ["diary.txt"])
  }
}
