import Foundation
import LinearAlgebra
import SeerFormats
import SeerSupport

extension AdapterFile {
  /// Reads an adapter for a model; what PEFT has and Seer has not is refused by name.
  package static func read(_ folder: String, for c: ModelConfiguration) throws(Failure) -> Adapter {
    let path = folder + "/" + configurationName
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, file: path, found: "nothing there", wanted: "a PEFT adapter folder",
        advice: "Give the folder that seer train or peft wrote.")
    }
    let settings = try PeftConfiguration(path: path)
    var reader = AdapterReader(settings, try TensorFile(path: weightsPath(folder)), c)
    return try reader.adapter()
  }
}

/// Matches what an adapter's configuration says with the tensors that it has.
private struct AdapterReader {
  let settings: PeftConfiguration
  let file: TensorFile
  let c: ModelConfiguration
  /// Tensors that have not been asked for.
  var left: Set<String>

  init(_ settings: PeftConfiguration, _ file: TensorFile, _ c: ModelConfiguration) {
    self.settings = settings
    self.file = file
    self.c = c
    left = Set(file.tensors.keys).union(file.otherTypes.keys)
  }

  private struct Place {
    let block: Int
    let module: LoRAModule
    let path: String
    let layer: LoRALayer
  }

  mutating func adapter() throws(Failure) -> Adapter {
    let places = try places()
    var isEnd = false
    for path in [c.embeddingsPath, c.headPath] where try isChosen(path) { isEnd = true }
    let carrying = places.filter { $0.layer.rank > 0 }
    guard !carrying.isEmpty || isEnd else { throw wrongTarget("none of this model's layers") }
    let configuration = LoRAConfiguration(
      rank: settings.rank, alpha: settings.alpha, dropout: settings.dropout,
      targets: LoRATarget.allCases.filter { target in
        carrying.contains { $0.module.targets.contains(target) }
      },
      blocks: Set(carrying.map(\.block)).sorted(), isRankStabilised: settings.isRankStabilised)
    // Nothing is made before the file is known to have as much.
    for place in carrying {
      let shape = place.module.shape(c.ofBlock(place.block))
      _ = try tensor(place.path + ".lora_A.weight", [place.layer.rank, shape.inputs])
      _ = try tensor(place.path + ".lora_B.weight", [shape.outputs, place.layer.rank])
    }
    let adapter = Adapter(zeros: configuration, c) { block, module in
      places.first { $0.block == block && $0.module == module }?.layer
    }
    for place in places {
      guard let target = place.module.targets.first,
        let pair = adapter.pair(block: place.block, target)
      else { continue }
      try fill(pair, place)
    }
    adapter.ends = try ends()
    if let stranger = left.min() {
      if settings.replacesBiases, stranger.hasSuffix(".bias") {
        throw Failure(
          .badData, file: file.file.path, place: "tensor \(stranger)",
          found: "a bias in place of the model's, of what is no projection",
          wanted: "biases of \(c.modules.map(\.name).joined(separator: ", "))",
          advice: "Merge the adapter into its model with peft's merge_and_unload.")
      }
      throw wrong(stranger, "a tensor that this adapter's layers do not have", "none")
    }
    return adapter
  }

  private mutating func fill(_ pair: Adapter.Pair, _ place: Place) throws(Failure) {
    let (rank, outputs) = (pair.layer.rank, pair.b.rows)
    if rank > 0 {
      try read(place.path + ".lora_A.weight", [rank, pair.inputs], into: pair.a)
      try read(place.path + ".lora_B.weight", [outputs, rank], into: pair.b.elements)
    }
    if let biases = pair.changes?.biases {
      let name = place.path + (rank > 0 ? ".base_layer.bias" : ".bias")
      try read(name, [outputs], into: biases.elements)
    }
    switch pair.layer.kind {
    case .plain: break
    case .biased:
      guard let shift = pair.changes?.shift else { break }
      try read(place.path + ".lora_B.bias", [outputs], into: shift.elements)
      for row in 0..<outputs { shift.elements[row] *= pair.layer.scale }
    case .decomposed:
      guard let lengths = pair.changes?.lengths else { break }
      // peft takes both names.
      let name = place.path + ".lora_magnitude_vector"
      try read(
        has(name) ? name : has(name + ".weight") ? name + ".weight" : name, [outputs],
        into: lengths.elements)
    }
    guard let order = place.module.rowOrder(c) else { return }
    // Lengths or biases are one number a row.
    let changes = pair.changes
    for (matrix, width) in [(pair.b, rank), (changes?.lengths, 1), (changes?.biases, 1)] {
      guard let matrix else { continue }
      let stored = matrix.copy()
      for (row, ours) in order.enumerated() {
        (matrix.elements + ours * width).update(
          from: stored.elements + row * width, count: width)
      }
      withExtendedLifetime(stored) {}
    }
  }

  // MARK: Modules

  /// The layers of blocks that carry LoRA, block by block.
  private func places() throws(Failure) -> [Place] {
    var places: [Place] = []
    for block in 0..<c.blocks {
      for module in c.ofBlock(block).modules {
        let path = shortened(AdapterFile.path(block: block, module, c))
        guard try isChosen(path, block: block) else {
          if settings.replacesBiases, has(path + ".bias") {
            let layer = LoRALayer(rank: 0, scale: 0, replacesBias: true)
            places.append(Place(block: block, module: module, path: path, layer: layer))
          }
          continue
        }
        if settings.kind == .biased, module.targets == [.down], c.gatesShared(inBlock: block) {
          throw wrongTarget("it means \(path) with lora_bias, which the part's gate would multiply")
        }
        var layer = try layer(path, settings.kind)
        layer.replacesBias = settings.replacesBiases && has(path + ".base_layer.bias")
        places.append(Place(block: block, module: module, path: path, layer: layer))
      }
      for path in containers(block) where try isChosen(path) {
        throw wrongTarget("it means \(path), which is no linear layer")
      }
    }
    return places
  }

  private func layer(_ path: String, _ kind: LoRALayer.Kind) throws(Failure) -> LoRALayer {
    do throws(Failure) {
      let rank = try settings.ranks.value(for: path) ?? settings.rank
      let alpha = try settings.alphas.value(for: path) ?? settings.alpha
      let form = LoRAConfiguration(
        rank: rank, alpha: alpha, blocks: [], isRankStabilised: settings.isRankStabilised)
      return LoRALayer(rank: rank, scale: form.scale, kind: kind)
    } catch {
      throw unmatched(error, "rank_pattern or alpha_pattern")
    }
  }

  private func isChosen(_ path: String, block: Int? = nil) throws(Failure) -> Bool {
    do throws(Failure) {
      return try settings.rule.chooses(path, block: block)
    } catch {
      throw unmatched(error, "target_modules or exclude_modules")
    }
  }

  private func unmatched(_ error: Failure, _ key: String) -> Failure {
    Failure(
      .badData, file: settings.path, place: "key \(key)", found: error.found,
      wanted: error.wanted, advice: "Give the modules' names instead.")
  }

  /// A path as the wrapped model has it.
  private func shortened(_ path: String) -> String {
    guard settings.isHeadless, let dot = path.firstIndex(of: ".") else { return path }
    return String(path[path.index(after: dot)...])
  }

  /// The modules that a block's layers lie in.
  private func containers(_ block: Int) -> [String] {
    var containers: Set<String> = []
    for module in c.ofBlock(block).modules {
      var names = shortened(AdapterFile.path(block: block, module, c)).split(separator: ".")[...]
      while names.count > 1 {
        names.removeLast()
        containers.insert(names.joined(separator: "."))
      }
    }
    return containers.sorted()
  }

  private func wrongTarget(_ found: String) -> Failure {
    let names = c.allModules.map(\.name)
    var seen: Set<String> = []
    return Failure(
      .badData, file: settings.path, place: "key target_modules",
      found: "\(settings.writtenTargets): \(found)",
      wanted: names.filter { seen.insert($0).inserted }.joined(separator: ", "),
      advice: "The adapter belongs to another model, or Seer does not run it: merge it with peft.")
  }

  // MARK: The ends

  private mutating func ends() throws(Failure) -> AdapterEnds {
    var ends = AdapterEnds()
    let embeddings = shortened(c.embeddingsPath)
    let table = [c.vocabulary, c.width]
    for name in settings.savedModules {
      let path = try endPath(name, "modules_to_save")
      let weights = try matrix(path + ".weight", table)
      if path == embeddings { ends.embeddings = weights } else { ends.head = weights }
    }
    // peft adds these to an adapter that is trained on more than its layers; the model takes them,
    // for its head too where that is the same matrix.
    for ending in [".weight", ".base_layer.weight"] where has(embeddings + ending) {
      ends.embeddings = try matrix(embeddings + ending, table)
      ends.sharesEmbeddings = true
    }
    if ends.sharesEmbeddings, !settings.isHeadless, ends.head == nil {
      for ending in [".weight", ".base_layer.weight"] where has(c.headPath + ending) {
        ends.head = try matrix(c.headPath + ending, table)
      }
    }
    let key = "trainable_token_indices"
    var trained: [(path: String, tokens: [Int])] = []
    for (module, tokens) in settings.trainedTokens {
      let path = try module.map { name throws(Failure) in try endPath(name, key) } ?? embeddings
      trained.insert((path, tokens), at: path == embeddings ? 0 : trained.count)
    }
    for (path, tokens) in trained {
      let name = path + ".token_adapter.trainable_tokens_delta"
      // Where the head is the embeddings, the file has the rows once.
      if path != embeddings, !has(name), ends.embeddingRows != nil { continue }
      for token in tokens where !(0..<c.vocabulary ~= token) {
        throw Failure(
          .badData, file: settings.path, place: "key \(key)", found: "\(token)",
          wanted: "tokens below \(c.vocabulary)", advice: Self.advice)
      }
      let rows = AdapterEnds.TokenRows(
        places: Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices)),
        rows: try floats(name, [tokens.count, c.width]))
      if path == embeddings { ends.embeddingRows = rows } else { ends.headRows = rows }
    }
    if try isChosen(embeddings) {
      let layer = try endLayer(embeddings)
      let stored = try floats(embeddings + ".lora_embedding_A", [layer.rank, c.vocabulary])
      let a = Matrix(rows: c.vocabulary, columns: layer.rank) { stored[$1, $0] }
      let b = try floats(embeddings + ".lora_embedding_B", [c.width, layer.rank])
      ends.tokens = AdapterEnds.LowRank(scale: layer.scale, a: a, b: b)
    }
    if !settings.isHeadless, try isChosen(c.headPath) {
      let layer = try endLayer(c.headPath)
      let a = try floats(c.headPath + ".lora_A.weight", [layer.rank, c.width])
      let b = try floats(c.headPath + ".lora_B.weight", [c.vocabulary, layer.rank])
      ends.logits = AdapterEnds.LowRank(scale: layer.scale, a: a, b: b)
    }
    return ends
  }

  /// The layer at an end, which has to be a plain one.
  private func endLayer(_ path: String) throws(Failure) -> LoRALayer {
    guard settings.kind == .plain else {
      throw wrongTarget(
        "it means \(path), which Seer does not run with \(settings.kind == .biased ? "lora_bias" : "use_dora")"
      )
    }
    return try layer(path, .plain)
  }

  /// The end that a name means, by the end of its path, as in peft.
  private func endPath(_ name: String, _ key: String) throws(Failure) -> String {
    let ends = [shortened(c.embeddingsPath)] + (settings.isHeadless ? [] : [c.headPath])
    let others = (0..<c.blocks).flatMap { block in
      containers(block)
        + c.ofBlock(block).modules.map { shortened(AdapterFile.path(block: block, $0, c)) }
    }
    let meant = ends.filter { $0.hasSuffix(name) }
    guard meant.count == 1, !others.contains(where: { $0.hasSuffix(name) }) else {
      throw Failure(
        .badData, file: settings.path, place: "key \(key)", found: "`\(name)`",
        wanted: ends.joined(separator: " or "),
        advice: "Seer takes no other modules from an adapter: merge it with peft.")
    }
    return meant[0]
  }

  // MARK: Tensors

  private func has(_ path: String) -> Bool { left.contains(AdapterFile.keyStart + path) }

  /// A tensor by the path that follows ``AdapterFile/keyStart``.
  private func tensor(_ path: String, _ shape: [Int]) throws(Failure) -> StoredTensor {
    let key = AdapterFile.keyStart + path
    guard let tensor = file.tensors[key] else {
      throw wrong(key, file.otherTypes[key] ?? "no such tensor", "shape \(shape)")
    }
    guard tensor.shape == shape else {
      let isTable = shape == [c.vocabulary, c.width]
      throw Failure(
        .badData, file: file.file.path, place: "tensor \(key)", found: "shape \(tensor.shape)",
        wanted: "\(shape)",
        advice: isTable
          ? "The adapter belongs to a model whose vocabulary was resized: save that model with "
            + "resize_token_embeddings(\(tensor.shape.first ?? 0)) and give it."
          : Self.advice)
    }
    return tensor
  }

  private mutating func read(
    _ path: String, _ shape: [Int], into elements: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let tensor = try tensor(path, shape)
    tensor.read(into: elements)
    let key = AdapterFile.keyStart + path
    guard (0..<tensor.count).allSatisfy({ elements[$0].isFinite }) else {
      throw wrong(key, "a value that is not finite", "finite weights")
    }
    left.remove(key)
  }

  private mutating func floats(_ path: String, _ shape: [Int]) throws(Failure) -> Matrix {
    _ = try tensor(path, shape)
    let matrix = MatrixBuilder(unfilled: shape[0], columns: shape[1])
    try read(path, shape, into: matrix.elements)
    return matrix.frozen()
  }

  /// A matrix where it lies in the file.
  private mutating func matrix(_ path: String, _ shape: [Int]) throws(Failure) -> StoredMatrix {
    let tensor = try tensor(path, shape)
    left.remove(AdapterFile.keyStart + path)
    return StoredMatrix(
      type: tensor.type, rows: shape[0], columns: shape[1], in: tensor.file, range: tensor.range)
  }

  private static let advice =
    "The adapter belongs to another model or is damaged: train it for this one."

  private func wrong(_ key: String, _ found: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: file.file.path, place: "tensor \(key)", found: found, wanted: wanted,
      advice: Self.advice)
  }
}
