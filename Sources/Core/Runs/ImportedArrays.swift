import Foundation
import SeerFormats
import SeerSupport

/// What the axes of an array of states are, the outermost first.
package enum StateAxes: String, CaseIterable, Sendable {
  case rowsWidth = "rows,width"
  case layersRowsWidth = "layers,rows,width"
  case rowsLayersWidth = "rows,layers,width"

  var count: Int { self == .rowsWidth ? 2 : 3 }
}

/// The arrays that hold the layers of a run to be: which file, which array in it, which place of its
/// axes. Nothing but headers has been read.
struct ImportedArrays {
  /// One layer's states within an array.
  struct Layer {
    var number: Int
    var file: ArrayFile
    var entry: ArrayFile.Entry
    var rowAxis: Int
    /// The axis of the layers and the layer's place on it, where the array has several.
    var layerAxis: Int?
    var place = 0

    var rows: Int { entry.shape[rowAxis] }
    var width: Int { entry.shape[entry.shape.count - 1] }
  }

  /// Ascending by number.
  private(set) var layers: [Layer] = []
  /// The files that are read.
  private(set) var paths: [String] = []
  private(set) var notes: [String] = []

  private let order: StateImport
  private let rows: Int

  /// - Parameter rows: how many rows of states there must be.
  init(_ order: StateImport, rows: Int) throws(Failure) {
    self.order = order
    self.rows = rows
    let candidates = try candidates()
    if candidates.count == 1, let only = candidates.first {
      layers = try layers(of: only)
    } else {
      layers = try layers(named: candidates)
    }
    paths = Set(layers.map(\.file.path)).sorted()
    try check()
  }

  private struct Candidate {
    var name: String
    var file: ArrayFile
    var entry: ArrayFile.Entry
  }

  // MARK: Which arrays

  private func candidates() throws(Failure) -> [Candidate] {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: order.states, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? try ofFolder() : try ofFile()
  }

  /// One array of each file.
  private func ofFolder() throws(Failure) -> [Candidate] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: order.states)) ?? []
    var candidates: [Candidate] = []
    for name in names.sorted() where !name.hasPrefix(".") {
      guard let ending = ArrayFile.endings.first(where: { name.hasSuffix($0) }) else { continue }
      let path = order.states + "/" + name
      let file = try ArrayFile(path: path, readsBFloat16: order.readsBFloat16)
      let found = chosen(file)
      guard found.count == 1, let entry = found.first else {
        throw several(path, found, wanted: "one array in each file of the folder")
      }
      candidates.append(
        Candidate(name: String(name.dropLast(ending.count)), file: file, entry: entry))
    }
    guard !candidates.isEmpty else {
      throw Failure(
        .badData, file: order.states, found: "a folder without arrays",
        wanted: "one .npy, .npz or safetensors file a layer")
    }
    return candidates
  }

  private func ofFile() throws(Failure) -> [Candidate] {
    let file = try ArrayFile(path: order.states, readsBFloat16: order.readsBFloat16)
    return chosen(file).map { Candidate(name: $0.name ?? "", file: file, entry: $0) }
  }

  /// The arrays that may be meant: those that were named, else those of TransformerLens's residual
  /// stream, else all that could be states.
  private func chosen(_ file: ArrayFile) -> [ArrayFile.Entry] {
    let entries = file.entries
    if let tensor = order.tensor {
      return entries.filter { LayerNames.matches($0.name ?? "", tensor) }
    }
    guard entries.count > 1 else { return entries }
    let residuals = LayerNames.distinctResiduals(entries.compactMap(\.name))
    if !residuals.isEmpty {
      return residuals.compactMap { name in entries.first { $0.name == name } }
    }
    let states = entries.filter { $0.isFloatingPoint && (2...3).contains($0.shape.count) }
    return states.isEmpty ? entries : states
  }

  private func several(_ path: String, _ found: [ArrayFile.Entry], wanted: String) -> Failure {
    let names = found.compactMap { entry in entry.name.map { "\($0) \(entry.shape)" } }
    let list = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
    return Failure(
      .badData, file: path,
      found: found.isEmpty
        ? "no array `\(order.tensor ?? "")`" : "\(found.count) arrays (\(list))",
      wanted: wanted,
      advice: "Name the one with --tensor; a * in the name stands for the number of the layer.")
  }

  // MARK: Which layers

  private mutating func layers(named candidates: [Candidate]) throws(Failure) -> [Layer] {
    guard let numbers = LayerNames.layers(candidates.map(\.name)), let least = numbers.min() else {
      throw several(
        order.states, candidates.map(\.entry),
        wanted: "one, or names that differ in the layer's number only")
    }
    if let axes = order.axes, axes != .rowsWidth {
      throw Failure(
        .usage, place: "--axes", found: "`\(axes.rawValue)` with an array for each layer",
        wanted: "`rows,width`", advice: "Leave --axes out, or give one array with --tensor.")
    }
    let shift = order.firstLayer.map { $0 - least } ?? 0
    if order.firstLayer == nil, !LayerNames.isResidual(candidates[0].name) {
      notes.append(
        "Layers have the numbers in the names, from \(least); --first-layer says another first one."
      )
    }
    var layers: [Layer] = []
    for (candidate, number) in zip(candidates, numbers) {
      layers.append(
        Layer(
          number: number + shift, file: candidate.file, entry: candidate.entry,
          rowAxis: try rowAxis(of: candidate)))
    }
    return layers.sorted { $0.number < $1.number }
  }

  /// (rows, width), or a batch of which one axis has one place: (1, tokens, width), (rows, 1, width).
  private func rowAxis(of candidate: Candidate) throws(Failure) -> Int {
    let shape = candidate.entry.shape
    if shape.count == 2 { return 0 }
    if shape.count == 3, order.axes == nil {
      if shape[0] == 1 { return 1 }
      if shape[1] == 1 { return 0 }
    }
    throw Failure(
      .badData, file: candidate.file.path, place: "\(candidate.entry.place), shape",
      found: "\(shape)", wanted: "(rows, width)",
      advice: "Keep the token that speaks for each row, such as states[:, -1].")
  }

  private mutating func layers(of only: Candidate) throws(Failure) -> [Layer] {
    let shape = only.entry.shape
    let axes = try axes(of: only)
    let first = order.firstLayer ?? (LayerNames.isResidual(only.name) ? nil : 0)
    let number = first ?? LayerNames.layers([only.name])?.first ?? 0
    guard let layerAxis = axes == .rowsWidth ? nil : axes == .layersRowsWidth ? 0 : 1 else {
      if order.firstLayer == nil {
        notes.append("The states are kept as layer \(number); --first-layer says another number.")
      }
      let axis = shape.count == 3 ? 1 : 0
      return [Layer(number: number, file: only.file, entry: only.entry, rowAxis: axis)]
    }
    return (0..<shape[layerAxis]).map { place in
      Layer(
        number: number + place, file: only.file, entry: only.entry, rowAxis: 1 - layerAxis,
        layerAxis: layerAxis, place: place)
    }
  }

  /// What was told, or what the number of rows leaves no doubt about.
  private mutating func axes(of only: Candidate) throws(Failure) -> StateAxes {
    let shape = only.entry.shape
    func bad(_ wanted: String, _ advice: String?) -> Failure {
      Failure(
        .badData, file: only.file.path, place: "\(only.entry.place), shape", found: "\(shape)",
        wanted: wanted, advice: advice)
    }
    if let axes = order.axes {
      guard shape.count == axes.count else {
        throw bad("\(axes.count) sizes, as --axes \(axes.rawValue) says", nil)
      }
      return axes
    }
    switch shape.count {
    case 2: return .rowsWidth
    case 3:
      switch (shape[0] == rows, shape[1] == rows) {
      case (true, false):
        notes.append("The axes are rows,layers,width: only the first has \(rows) places.")
        return .rowsLayersWidth
      case (false, true):
        notes.append("The axes are layers,rows,width: only the second has \(rows) places.")
        return .layersRowsWidth
      default:
        let areAlike = shape[0] == shape[1]
        throw bad(
          "\(areAlike ? "one" : "an") axis of \(rows) rows, as \(order.rows) has",
          areAlike
            ? "Say with --axes what the axes are, such as layers,rows,width."
            : "Give the file with a row for each row of the states.")
      }
    default:
      throw bad(
        "2 or 3 sizes (rows, width; layers, rows, width; rows, layers, width)",
        "Keep the token that speaks for each row, such as states[:, :, -1].")
    }
  }

  // MARK: Whether they fit together

  private func check() throws(Failure) {
    guard let first = layers.first else {
      throw Failure(
        .badData, file: order.states, found: "an axis of no layers", wanted: "at least one layer")
    }
    for layer in layers {
      func bad(_ found: String, _ wanted: String, _ advice: String? = nil) -> Failure {
        Failure(
          .badData, file: layer.file.path, place: "\(layer.entry.place), shape", found: found,
          wanted: wanted, advice: advice)
      }
      guard layer.rows == rows else {
        throw bad(
          "\(layer.rows) rows of states", "\(rows), the rows of \(order.rows)",
          "Give the file with the rows in the states' order, or say --axes.")
      }
      guard layer.width == first.width, layer.width > 0 else {
        throw bad(
          "states of width \(layer.width)",
          layer.width > 0 ? "\(first.width), as the other layers have" : "at least 1")
      }
      guard (0...LayerNames.largest).contains(layer.number) else {
        throw Failure(
          .usage, place: "--first-layer", found: "layers from \(first.number)",
          wanted: "numbers from 0 to \(LayerNames.largest)")
      }
    }
  }
}
