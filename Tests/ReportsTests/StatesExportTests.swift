import Foundation
import SeerFormats
import SeerReports
import SeerRuns
import SeerSupport
import TestSupport
import Testing

/// States as files for other programs, one layer or all of them.
struct StatesExportTests {
  let folder: TemporaryFolder
  let run: Run

  init() throws {
    folder = try TemporaryFolder()
    var builder = RunBuilder.clusters(perConcept: 4)
    builder.layers = [3, 4, 9]
    run = try Run.open(try builder.write(to: folder("run")))
  }

  func write(_ format: ExportFormat, layer: Int?, to name: String) throws {
    _ = try LayerExport(run, layer: layer, tool: "seer test").write(format, to: folder(name)) {}
  }

  func array(_ entry: ArrayFile.Entry, _ file: ArrayFile) throws -> [Float] {
    let rows = try file.array(entry, scratch: folder.path).rows(along: 0, columnsAlong: 1)
    var values = [Float](repeating: 0, count: rows.rows * rows.columns)
    values.withUnsafeMutableBufferPointer { target in
      if let base = target.baseAddress { rows.read(0..<rows.rows, into: base) }
    }
    return values
  }

  @Test(arguments: [ExportFormat.npz, .safetensors], [nil, 4])
  func anArrayALayer(format: ExportFormat, layer: Int?) throws {
    try write(format, layer: layer, to: "states")
    let file = try ArrayFile(path: folder("states"))
    let layers = layer.map { [$0] } ?? [3, 4, 9]
    let names = layers.map { "layer_\($0)" }
    #expect(file.entries.compactMap(\.name) == names + (format == .npz ? ["row", "concept"] : []))
    for (layer, entry) in zip(layers, file.entries) {
      #expect(try array(entry, file) == run.states(layer: layer).values)
      #expect(entry.shape == [12, 8])
    }
  }

  @Test func theRowsOfAnArchive() throws {
    try write(.npz, layer: 9, to: "x.npz")
    let bytes = try bytes(ofFile: folder("x.npz"))
    let concepts = NPY.bytes(texts: run.rows.map(\.concept))
    #expect(bytes.firstRange(of: concepts) != nil)
    let rows = NPY.header("<i8", shape: [12]) + (0..<12).flatMap { little(Int64($0)) }
    #expect(bytes.firstRange(of: rows) != nil)
  }

  @Test func aTensorFileSaysWhatItIsOf() throws {
    try write(.safetensors, layer: nil, to: "x.safetensors")
    let file = try Safetensors(path: folder("x.safetensors"))
    #expect(file.metadata["model"] == "made-up" && file.metadata["model_sha256"] == "0123")
    #expect(file.metadata["template"] == "plain" && file.metadata["position"] == "last")
    #expect(file.metadata["tool"] == "seer test" && file.metadata["run"] == run.folder)
    #expect(file.metadata["adapter"] == nil)
  }

  @Test func halvesStayHalves() throws {
    let values: [Float] = [1, 2, 3, 4]
    try folder.write(
      NPY.header("<f2", shape: [2, 2]) + values.flatMap { little(Float16($0).bitPattern) },
      to: "half.npy")
    let rows = try folder.write("prompt\na\nb\n", to: "rows.csv")
    let order = StateImport(
      states: folder("half.npy"), rows: rows, folder: folder("half"), tool: "seer test")
    _ = try inJob { try order.run($0) }
    let half = try Run.open(folder("half"))
    for format in [ExportFormat.npz, .safetensors] {
      _ = try LayerExport(half, layer: nil, tool: "").write(format, to: folder("x")) {}
      let entry = try #require(try ArrayFile(path: folder("x")).entries.first)
      #expect(entry.type == NumberType(.float16))
    }
  }

  @Test func aFolderOfArrays() throws {
    try write(.npy, layer: nil, to: "states")
    #expect(
      try names(inFolder: folder("states")) == ["layer_3.npy", "layer_4.npy", "layer_9.npy"])
    try write(.npy, layer: 4, to: "one.npy")
    #expect(try bytes(ofFile: folder("states/layer_4.npy")) == bytes(ofFile: folder("one.npy")))
    let failure = try #require(
      thrownFailure { try write(.npy, layer: nil, to: "states") }, "it was written over")
    failure.expect(.cannotWrite, file: folder("states"), found: "already", wanted: "new folder")
    #expect(try names(inFolder: folder("states")).count == 3)
    #expect(!FileManager.default.fileExists(atPath: folder("states.partial")))
  }

  @Test func aRecipeOfAllLayersMakesTheFileAgain() throws {
    try write(.npz, layer: nil, to: "x.npz")
    let before = try bytes(ofFile: folder("x.npz"))
    let order = try LayerExport.order(recipe: folder("x.npz.recipe.json"), tool: "seer test")
    #expect(order.export.layer == nil && order.format == .npz)
    _ = try order.export.write(order.format, order.map, to: folder("y.npz")) {}
    #expect(try bytes(ofFile: folder("y.npz")) == before)
  }

  @Test func aMapOfAllLayersIsNone() throws {
    let failure = try #require(thrownFailure { try write(.csv, layer: nil, to: "x.csv") })
    failure.expect(.usage, place: "--layer", found: "none with csv")
  }

  @Test func aLayerThatIsNotThere() throws {
    let failure = try #require(thrownFailure { try write(.npz, layer: 5, to: "x.npz") })
    failure.expect(.usage, place: "layer", found: "5", wanted: "one of 3, 4, 9")
    #expect(!FileManager.default.fileExists(atPath: folder("x.npz")))
  }

  @Test func anExportThatIsStoppedLeavesNothing() throws {
    struct Stop: Error {}
    for format in [ExportFormat.npz, .safetensors, .npy] {
      #expect(throws: Stop.self) {
        try LayerExport(run, layer: nil, tool: "").write(format, to: folder("x")) { throw Stop() }
      }
    }
    #expect(try names(inFolder: folder.path) == ["run"])
  }

  // MARK: Tables

  /// Every row is one line for who knows no quotes, and for who does.
  @Test func everyRowOfATableIsFound() throws {
    var builder = RunBuilder.clusters(perConcept: 4)
    let texts = [
      "\"Well,\" she said.", "\"", "a \"b\" c", "one\ntwo\r\nthree", "tab\there", "\u{2028}\u{85}",
      "\"open", "x\u{B}y\u{C}z", "\"\"", "plain", "'single", "\u{1E}",
    ]
    for (row, text) in texts.enumerated() { builder.rows[row].text = text }
    let run = try Run.open(try builder.write(to: folder("texts")))
    _ = try LayerExport(run, layer: 2, tool: "").write(.tsv, to: folder("x.tsv")) {}
    let table = String(decoding: try bytes(ofFile: folder("x.tsv")), as: UTF8.self)
    let lines = table.unicodeScalars.split(separator: "\n")
    #expect(lines.count == 13)
    #expect(lines.allSatisfy { $0.count { $0 == "\t" } == 7 })
    // No other end of a line is left.
    #expect(!table.unicodeScalars.contains { $0 != "\n" && $0 != "\t" && $0.value < 0x20 })
    #expect(!table.unicodeScalars.contains { ["\u{85}", "\u{2028}", "\u{2029}"].contains($0) })
    // Read with quotes, as pandas does, fields that begin with one are closed in their line.
    let fields = lines.dropFirst().map {
      String(
        String.UnicodeScalarView($0.split(separator: "\t", omittingEmptySubsequences: false)[5]))
    }
    #expect(fields[0] == "\"\"\"Well,\"\" she said.\"" && fields[1] == "\"\"\"\"")
    #expect(fields[2] == "a \"b\" c" && fields[6] == "\"\"\"open\"" && fields[9] == "plain")
  }
}
