import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport

/// What of a run's routing is kept: `routing` in `run.json`.
package struct RoutingRecipe: Codable, Equatable, Sendable {
  /// The run's layers whose block has a router, ascending: layer i is what block i, from 1, leaves.
  package var layers: [Int]
  /// Experts of a block.
  package var experts: Int
  /// Experts kept of a row: as many as a token goes to.
  package var used: Int

  package enum CodingKeys: String, CodingKey {
    case layers, experts
    case used = "experts_per_token"
  }

  /// What a run of these layers keeps; nil where none of their blocks has a router.
  package init?(_ configuration: ModelConfiguration, layers: [Int]) {
    guard let experts = configuration.experts else { return nil }
    let routed = layers.filter { experts.blocks.contains($0 - 1) }
    guard !routed.isEmpty else { return nil }
    (self.layers, self.experts, used) = (routed, experts.count, experts.used)
  }

  /// Whether it is one that a run of these layers can have.
  func isSound(layers: [Int]) -> Bool {
    !self.layers.isEmpty && self.layers == self.layers.sorted()
      && Set(self.layers).count == self.layers.count && self.layers.allSatisfy(layers.contains)
      && (1...1 << 16).contains(experts) && (1...experts).contains(used)
  }

  /// The file of so many rows: tensors `experts` (int32) and `weights` (float32), both (layers,
  /// rows, experts a token).
  func header(rows: Int) -> [UInt8] {
    let shape = [layers.count, rows, used]
    return Safetensors.header(types: [
      ("experts", Self.idType, Self.elementSize, shape),
      ("weights", Safetensors.DataType.float32.rawValue, Self.elementSize, shape),
    ])
  }

  static let idType = "I32"
  /// Bytes of an id, and of a weight.
  static let elementSize = 4

  /// Bytes of a row at a layer, in either tensor.
  var rowBytes: Int { used * Self.elementSize }
  /// Bytes of either tensor.
  func tensorBytes(rows: Int) -> Int { layers.count * rows * rowBytes }
}

/// The experts that the rows of one layer went to.
package struct LayerRouting: Equatable, Sendable {
  package let layer: Int
  /// Experts of the layer's block.
  package let experts: Int
  /// Experts of a row.
  package let used: Int
  /// (rows, used), the largest weight first; -1 beyond those that a row went to.
  package let ids: [Int32]
  /// The same shape.
  package let weights: [Float]

  package init(layer: Int, experts: Int, used: Int, ids: [Int32], weights: [Float]) {
    self.layer = layer
    self.experts = experts
    self.used = used
    self.ids = ids
    self.weights = weights
  }

  package var rows: Int { ids.count / used }

  /// The experts of a row, the largest weight first.
  package func chosen(_ row: Int) -> ArraySlice<Int32> {
    ids[row * used..<(row + 1) * used].prefix { $0 >= 0 }
  }

  /// The expert of each row that weighs most; -1 where a row went to none.
  package var top: [Int32] { (0..<rows).map { ids[$0 * used] } }
}

/// The routing of a finished run, memory-mapped.
package struct RunRouting: Sendable {
  package let recipe: RoutingRecipe
  private let rows: Int
  private let file: MappedFile
  /// Where the tensors begin.
  private let ids: Int
  private let weights: Int

  /// Opens the file of a run folder and checks it against `run.json`.
  init(folder: String, _ recipe: RoutingRecipe, rows: Int) throws(Failure) {
    let path = folder + "/" + Run.routingName
    let tensors = try Safetensors(path: path, allowsOtherTypes: true)
    let shape = [recipe.layers.count, rows, recipe.used]
    func bad(_ name: String, _ found: String) -> Failure {
      Failure(
        .badData, file: path, place: "tensor \(name)", found: found,
        wanted: "\(name == "experts" ? RoutingRecipe.idType : "F32") of shape \(shape), as "
          + "run.json has it", advice: "Extract the run again.")
    }
    guard let ids = tensors.otherTensors["experts"] else {
      throw bad("experts", "no such tensor of \(RoutingRecipe.idType)")
    }
    guard ids.dataType == RoutingRecipe.idType, ids.shape == shape,
      ids.range.count == recipe.tensorBytes(rows: rows)
    else { throw bad("experts", "\(ids.dataType) of shape \(ids.shape)") }
    guard let weights = tensors.tensors["weights"] else { throw bad("weights", "no such tensor") }
    guard weights.dataType == .float32, weights.shape == shape else {
      throw bad("weights", "\(weights.dataType.rawValue) of shape \(weights.shape)")
    }
    self.recipe = recipe
    self.rows = rows
    file = tensors.file
    self.ids = ids.range.lowerBound
    self.weights = weights.range.lowerBound
  }

  /// A copy of one layer's routing; nil where the layer has none.
  ///
  /// Fails where the file has an expert that the model has not.
  package func layer(_ layer: Int) throws(Failure) -> LayerRouting? {
    guard let index = recipe.layers.firstIndex(of: layer) else { return nil }
    let count = rows * recipe.used
    let size = RoutingRecipe.elementSize
    func values<Value: BitwiseCopyable>(_ start: Int, of type: Value.Type) -> [Value] {
      let first = start + index * count * size
      return file.withBytes(in: first..<first + count * size) { bytes in
        (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: type) }
      }
    }
    let ids = values(self.ids, of: Int32.self)
    guard let wrong = ids.firstIndex(where: { !(-1..<Int32(recipe.experts) ~= $0) }) else {
      return LayerRouting(
        layer: layer, experts: recipe.experts, used: recipe.used, ids: ids,
        weights: values(weights, of: Float.self))
    }
    throw Failure(
      .badData, file: file.path,
      place: "tensor experts, layer \(layer), row \(wrong / recipe.used)", found: "\(ids[wrong])",
      wanted: "experts below \(recipe.experts), as run.json has it",
      advice: "Extract the run again.")
  }

  /// What of some rows is stored of a layer, by its place among ``RoutingRecipe/layers``: ids, then
  /// weights.
  func stored(place: Int, _ rows: Range<Int>) -> [FileBytes] {
    [ids, weights].map { start in
      let first = start + place * self.rows * recipe.rowBytes
      return file[
        first + rows.lowerBound * recipe.rowBytes..<first + rows.upperBound * recipe.rowBytes]
    }
  }
}
