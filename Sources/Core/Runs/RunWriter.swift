import CKernels
import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport

/// Writes a run folder piece by piece, so that a killed extraction can go on where it stopped.
///
/// While it is unfinished the folder holds, in place of the final files:
/// 1. `recipe.partial.json`: the manifest to be;
/// 2. `states.safetensors.partial`, and `routing.safetensors.partial` where routing is kept: full
///    size from the start, filled out of order;
/// 3. `progress.partial`: one line a finished batch, `first-row rows tokens seconds`.
/// A line is written only after its states and routing are, so whatever a kill leaves behind is
/// consistent. One process at a time writes to the folder.
package final class RunWriter {
  static let recipeName = "recipe.partial.json"
  static let progressName = "progress.partial"

  package let folder: String
  package let manifest: RunManifest
  /// Rows of states that are written, in pieces.
  package private(set) var done: [Range<Int>] = []
  package private(set) var tokens = 0
  package private(set) var seconds = 0.0
  private let lock: FolderLock
  private let states: RunFile
  private let routing: RunFile?
  private let progress: WritableFile
  private var progressSize = 0
  private var half: [UInt16] = []

  private var isHalf: Bool { manifest.dtype == .float16 }
  private var elementSize: Int { manifest.dtype.dataType.size }

  /// Starts the run, or goes on with an unfinished one of the same recipe.
  ///
  /// Throws where the folder holds anything else: another run, another recipe, other files.
  package init(folder: String, manifest: RunManifest) throws(Failure) {
    self.folder = folder
    self.manifest = manifest
    try OutputFile.makeFolder(folder)
    lock = try FolderLock(folder, work: "writing this run")
    let recipe = folder + "/" + Self.recipeName
    if FileManager.default.fileExists(atPath: recipe) {
      try Self.check(recipe, equals: manifest)
    } else {
      try Self.checkEmpty(folder)
      try OutputFile.write(try Self.json(manifest), to: recipe)
    }
    progress = try WritableFile(path: folder + "/" + Self.progressName, truncating: false)
    let header = Safetensors.header([
      (
        "states", manifest.dtype.dataType,
        [manifest.layers.count, manifest.rows, manifest.width]
      )
    ])
    let bytes =
      manifest.layers.count * manifest.rows * manifest.width * manifest.dtype.dataType.size
    states = try RunFile(folder + "/" + Run.statesName, header: header, bytes: bytes)
    routing = try manifest.routing.map { recipe throws(Failure) in
      try RunFile(
        folder + "/" + Run.routingName, header: recipe.header(rows: manifest.rows),
        bytes: 2 * recipe.tensorBytes(rows: manifest.rows))
    }
    if files.allSatisfy(\.isMade) { try readProgress() } else { try progress.truncate(to: 0) }
    for file in files { try file.make() }
  }

  private var files: [RunFile] { [states] + (routing.map { [$0] } ?? []) }

  private static func check(_ recipe: String, equals manifest: RunManifest) throws(Failure) {
    let file = try MappedFile(path: recipe)
    let found = try? JSONDecoder().decode(RunManifest.self, from: file.data)
    let differences = found?.differences(from: manifest) ?? ["its version"]
    guard differences.isEmpty else {
      throw Failure(
        .cannotWrite, file: recipe,
        found: "an unfinished run that differs in \(differences.joined(separator: ", "))",
        wanted: "the same recipe",
        advice: "Delete the folder, or choose another one.")
    }
  }

  private static func checkEmpty(_ folder: String) throws(Failure) {
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard !contents.contains(Run.manifestName) else {
      throw Failure(
        .cannotWrite, file: folder, found: "a run that another seer has just finished",
        wanted: "an empty or new folder",
        advice: "Give the command again to see whether it is this one.")
    }
    // A kill within the first file's own writing leaves only its partial form.
    guard contents.allSatisfy({ $0 == recipeName + ".partial" }) else {
      throw Failure(
        .cannotWrite, file: folder, found: "a folder with other files in it",
        wanted: "an empty or new folder", advice: "Choose another folder.")
    }
  }

  private static func json(_ manifest: RunManifest) throws(Failure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(manifest)) + [UInt8(ascii: "\n")]
    } catch {
      throw Failure(.software, found: "a manifest that JSON cannot hold")
    }
  }

  private func readProgress() throws(Failure) {
    let file = try MappedFile(path: progress.path)
    let text = file.withBytes { String(decoding: $0, as: UTF8.self) }
    guard let end = text.lastIndex(of: "\n") else { return }
    for line in text[...end].split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 4, let first = Int(fields[0]), let count = Int(fields[1]),
        let tokens = Int(fields[2]), let seconds = Double(fields[3]), first >= 0, count > 0,
        first <= manifest.rows - count, (0...1 << 40).contains(tokens), seconds >= 0,
        seconds.isFinite
      else { break }
      done.append(first..<first + count)
      self.tokens += tokens
      self.seconds += seconds
      progressSize += line.utf8.count + 1
    }
    try progress.truncate(to: progressSize)
  }

  package func isDone(_ rows: Range<Int>) -> Bool {
    done.contains { $0.lowerBound <= rows.lowerBound && rows.upperBound <= $0.upperBound }
  }

  /// Writes the states of consecutive rows, one matrix a layer, and notes them as done.
  ///
  /// - Parameters:
  ///   - rows: how many of the matrices' first rows; nil: all.
  ///   - routing: of the blocks before the layers of the recipe's routing, in their order.
  package func write(
    _ layers: [some ReadableMatrix], rows: Int? = nil, firstRow: Int, tokens: Int, seconds: Double,
    routing: [RoutedSpans] = []
  ) throws(Failure) {
    guard let count = rows ?? layers.first?.rows, count > 0 else { return }
    for (index, matrix) in layers.enumerated() {
      let elements = count * manifest.width
      let offset = (index * manifest.rows + firstRow) * manifest.width * elementSize
      if isHalf {
        if half.count < elements { half = Array(repeating: 0, count: elements) }
        guard sk_f32_to_f16(&half, matrix.start, elements) == 0 else {
          throw tooLarge(matrix, layer: manifest.layers[index], firstRow: firstRow)
        }
        try states.write(half, count: elements, at: offset)
      } else {
        guard isFinite(matrix.start, elements) else {
          throw notFinite(matrix, layer: manifest.layers[index], firstRow: firstRow)
        }
        let bytes = UnsafeRawBufferPointer(start: matrix.start, count: elements * 4)
        try states.write(bytes, at: offset)
      }
    }
    try write(routing, rows: count, firstRow: firstRow)
    try note(firstRow..<firstRow + count, tokens: tokens, seconds: seconds)
  }

  private func write(_ spans: [RoutedSpans], rows: Int, firstRow: Int) throws(Failure) {
    guard let file = routing, let recipe = manifest.routing else { return }
    precondition(spans.map { $0.block + 1 } == recipe.layers, "routing of other layers")
    for (place, layer) in spans.enumerated() {
      let offset = (place * manifest.rows + firstRow) * recipe.rowBytes
      let count = rows * recipe.used
      try file.write(layer.ids, count: count, at: offset)
      try file.write(
        layer.weights.values, count: count,
        at: offset + recipe.tensorBytes(rows: manifest.rows))
    }
  }

  /// Copies the states, and the routing, of consecutive rows from another run of the same recipe
  /// but for its rows, as they are stored, and notes them as done.
  package func copy(
    _ rows: Range<Int>, of run: Run, to firstRow: Int, tokens: Int, seconds: Double
  ) throws(Failure) {
    let bytes = manifest.width * elementSize
    for (index, layer) in manifest.layers.enumerated() {
      let stored = try run.storedStates(layer: layer)
      let start = stored.range.lowerBound
      let piece = stored.file[start + rows.lowerBound * bytes..<start + rows.upperBound * bytes]
      let offset = (index * manifest.rows + firstRow) * bytes
      try piece.withBytes { piece throws(Failure) in try states.write(piece, at: offset) }
      piece.release()
    }
    try copyRouting(rows, of: run, to: firstRow)
    try note(firstRow..<firstRow + rows.count, tokens: tokens, seconds: seconds)
  }

  private func copyRouting(
    _ rows: Range<Int>, of run: Run, to firstRow: Int
  ) throws(Failure) {
    guard let file = routing, let recipe = manifest.routing, let stored = run.routing else {
      return
    }
    for place in recipe.layers.indices {
      let pieces = stored.stored(place: place, rows)
      for (tensor, piece) in pieces.enumerated() {
        let offset =
          tensor * recipe.tensorBytes(rows: manifest.rows)
          + (place * manifest.rows + firstRow) * recipe.rowBytes
        try piece.withBytes { bytes throws(Failure) in try file.write(bytes, at: offset) }
        piece.release()
      }
    }
  }

  private func note(_ rows: Range<Int>, tokens: Int, seconds: Double) throws(Failure) {
    let line = Array("\(rows.lowerBound) \(rows.count) \(tokens) \(seconds)\n".utf8)
    try progress.write(line, count: line.count, at: progressSize)
    progressSize += line.count
    done.append(rows)
    self.tokens += tokens
    self.seconds += seconds
  }

  /// Whether no value has all bits of its exponent set. Bits are gathered without a way out, so that
  /// the loop runs on vectors.
  private func isFinite(_ values: UnsafePointer<Float>, _ count: Int) -> Bool {
    let exponent: UInt32 = 0x7F80_0000
    var found: UInt32 = 0
    for index in 0..<count {
      found |= values[index].bitPattern & exponent == exponent ? 1 : 0
    }
    return found == 0
  }

  private func notFinite(
    _ matrix: some ReadableMatrix, layer: Int, firstRow: Int
  ) -> Failure {
    let bad = (0..<matrix.count).first { !matrix.start[$0].isFinite } ?? 0
    return Failure(
      .badData, file: folder, place: "layer \(layer), row \(firstRow + bad / matrix.columns)",
      found: "a state of \(matrix.start[bad])", wanted: "finite states",
      advice: "The model or its adapter cannot be used for this row: look at both.")
  }

  private func tooLarge(
    _ matrix: some ReadableMatrix, layer: Int, firstRow: Int
  ) -> Failure {
    let bad = (0..<matrix.count).first { !(abs(matrix.start[$0]) <= 65504) } ?? 0
    return Failure(
      .badData, file: folder, place: "layer \(layer), row \(firstRow + bad / matrix.columns)",
      found: "a state of \(matrix.start[bad])", wanted: "at most 65504, float16's largest",
      advice: "Use --dtype float32 and another folder.")
  }

  /// Takes back what is there of the run, and the folder where nothing else is in it.
  package func abandon() {
    let files = [Run.statesName, Run.routingName].map(RunFile.partial)
    for name in [Self.recipeName, Self.progressName] + files { unlink(folder + "/" + name) }
    rmdir(folder)
  }

  /// Gives everything its final name; `run.json` comes last.
  package func finish(_ rows: [RunRow]) throws(Failure) {
    for file in files { try file.synchronize() }
    let withTokens = manifest.position == .all
    // Rows imported from a run of 0.1 say none.
    let withPrompts = rows.contains { $0.prompt != nil }
    var text = RunRow.header(withTokens: withTokens, withPrompts: withPrompts)
    for row in rows { text += row.line(withToken: withTokens, withPrompt: withPrompts) }
    try OutputFile.write(text, to: folder + "/" + Run.rowsName)
    for file in files { try file.finish() }
    var finished = manifest
    // Of states from elsewhere nobody counted them.
    finished.tokens = tokens > 0 ? tokens : nil
    finished.seconds = tokens > 0 ? seconds : nil
    try OutputFile.write(try Self.json(finished), to: folder + "/" + Run.manifestName)
    unlink(folder + "/" + Self.progressName)
    unlink(folder + "/" + Self.recipeName)
  }
}
