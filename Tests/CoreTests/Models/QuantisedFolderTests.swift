import Foundation
import LinearAlgebra
import SeerFormats
import SeerModels
import SeerSupport
import SeerTokenizers
import TestModels
import TestSupport
import Testing

/// Folders in FP8 and MXFP4: every weight is bit for bit what transformers makes of it, and models
/// have its states (Fixtures/QuantisedFolders/make_quantised.py).
struct QuantisedFolderTests {
  static let kinds = ["fp8-blocks", "fp8-tensors", "fp8-exponents"]

  func path(_ kind: String) -> String { Fixtures.folder + "/QuantisedFolders/" + kind }

  /// A golden tensor as rows of its last size.
  func golden(_ file: Safetensors, _ name: String) throws -> [[Float]] {
    let tensor = try #require(file.tensors[name], "\(name)")
    let columns = try #require(tensor.shape.last)
    let matrix = MutableMatrix(rows: tensor.count / columns, columns: columns)
    file.read(tensor, count: tensor.count, into: matrix.elements)
    return (0..<matrix.rows).map { matrix.values(row: $0) }
  }

  func rows(_ tensor: StoredTensor) throws -> [[Float]] {
    let columns = try #require(tensor.shape.last)
    let rows = tensor.shape.dropLast().reduce(1, *)
    return expanded(StoredMatrix(tensor, rows: rows, columns: columns))
  }

  func expanded(_ matrix: StoredMatrix) -> [[Float]] {
    (0..<matrix.rows).map { row in
      let line = MutableMatrix(rows: 1, columns: matrix.columns)
      matrix.expand(row: row, into: line.elements)
      return line.values
    }
  }

  // MARK: Right ones

  @Test(arguments: kinds + ["mxfp4"])
  func weightsAreBitForBitTransformers(kind: String) throws {
    let source = try HuggingFaceFolder(path: path(kind))
    let golden = try Safetensors(path: path(kind) + "/golden.safetensors")
    let names = golden.tensors.keys.filter { $0.hasPrefix("weight.") }
    #expect(names.count == (kind == "mxfp4" ? 2 : 14))
    for name in names {
      let own = name.dropFirst("weight.".count) + (kind == "mxfp4" ? "_blocks" : "")
      let tensor = try #require(source.tensor(String(own)), "\(own)")
      #expect(tensor.shape == golden.tensors[name]?.shape)
      let ours = try rows(tensor).map { floatBytes($0) }
      #expect(ours == (try self.golden(golden, name).map { floatBytes($0) }), "\(name)")
    }
    // Scales are no weights of their own.
    #expect(!source.tensorNames.contains { $0.hasSuffix("_scale_inv") || $0.hasSuffix("_scales") })
  }

  @Test(arguments: kinds + ["gptoss-mxfp4"])
  func statesAndLogitsAreTransformers(kind: String) throws {
    let model = try Transformer(openModel(path(kind)))
    let golden = try Safetensors(path: path(kind) + "/golden.safetensors")
    let ids = try self.golden(golden, "ids")[0].map { Int32($0) }
    let ours = try model.states(ids).flatMap { $0 }
    let theirs = try self.golden(golden, "states")
    try #require(ours.count == theirs.count)
    for (a, b) in zip(ours, theirs) { #expect(relativeDistance(a, b) <= 1e-4) }
    let result = try model.forward(
      Batch([ids]), request: ForwardRequest(logitsAt: [ids.count - 1]),
      activations: Activations(capacity: ids.count, configuration: model.configuration))
    let logits = try #require(result.logits)
    #expect(
      relativeDistance(logits.values(row: 0), try self.golden(golden, "logits")[ids.count - 1])
        <= 1e-4)
    // Nothing is expanded or copied for good.
    let experts = (model.blocks[0].experts?.experts ?? []).flatMap { [$0.gate, $0.up, $0.down] }
    #expect(experts.count == (kind == "gptoss-mxfp4" ? 15 : 0))
    for weight in experts.isEmpty ? [model.blocks[0].queries.weight] : experts.map(\.weight) {
      #expect(weight.type == (experts.isEmpty ? .fp8 : .mxfp4Apart) && weight.isMapped)
    }
  }

  @Test func routingOfPublishedGptOssIsTransformers() throws {
    let model = try Transformer(openModel(path("gptoss-mxfp4")))
    let golden = try Safetensors(path: path("gptoss-mxfp4") + "/golden.safetensors")
    let ids = try self.golden(golden, "ids")[0].map { Int32($0) }
    var request = ForwardRequest(layers: [2], spans: ids.indices.map { $0..<$0 + 1 })
    request.keepsRouting = true
    let routing = try model.forward(
      Batch([ids]), request: request,
      activations: Activations(capacity: ids.count, configuration: model.configuration)
    ).routing
    let ours = routing.flatMap { $0.ids.map { Float($0) } }
    #expect(ours == (try self.golden(golden, "experts").flatMap { $0 }))
    #expect(
      relativeDistance(
        routing.flatMap { $0.weights.values }, try self.golden(golden, "weights").flatMap { $0 })
        <= 1e-4)
  }

  @Test func gptOssBlocksOfAnotherShapeAreNamed() throws {
    let source = path("gptoss-mxfp4")
    let folder = try TemporaryFolder()
    var settings = try object(ofFile: source + "/config.json")
    settings["intermediate_size"] = 96
    try folder.write(
      String(decoding: JSONSerialization.data(withJSONObject: settings), as: UTF8.self),
      to: "config.json")
    try folder.write(bytes(ofFile: source + "/model.safetensors"), to: "model.safetensors")
    try #require(thrownFailure { _ = try Transformer(openModel(folder.path)) }, "it opened")
      .expect(
        place: "tensor model.layers.0.mlp.experts.gate_up_proj_blocks", found: "[5, 128, 32]",
        wanted: "[5, 192, 32]")
  }

  @Test func everyCodeIsItsNumber() throws {
    // 256 codes by the definition of OCP's 8-bit floats: bias 7, no infinity.
    let values = (0..<256).map { code -> Float in
      let (exponent, fraction) = (code >> 3 & 15, Float(code & 7) / 8)
      let size =
        exponent == 0
        ? fraction / 64
        : (1 + fraction) * Float(sign: .plus, exponent: exponent - 7, significand: 1)
      return code & 127 == 127 ? .nan : code < 128 ? size : -size
    }
    let folder = try Folder(rows: 1, columns: 256, tile: (1, 256))
    let row = try rows(#require(folder.open().tensor("w")))[0]
    for (code, value) in values.enumerated() {
      let wanted = value * folder.scales[0]
      #expect(wanted.isNaN ? row[code].isNaN : row[code] == wanted, "code \(code)")
    }
  }

  /// A folder of one FP8 matrix of random bytes, or of counted ones where there is one row.
  final class Folder {
    let folder: TemporaryFolder
    let scales: [Float]
    var configuration: [String: Any]
    var tensors: [(name: String, type: String, shape: [Int], bytes: [UInt8])]

    init(rows: Int, columns: Int, tile: (rows: Int, columns: Int)) throws {
      var random = SeededGenerator(seed: 4)
      let grid = [
        (rows + tile.rows - 1) / tile.rows, (columns + tile.columns - 1) / tile.columns,
      ]
      let scales = (0..<grid[0] * grid[1]).map { _ in Float.random(in: 0.01...0.2, using: &random) }
      let bytes = (0..<rows * columns).map { index in
        rows == 1 ? UInt8(index % 256) : UInt8.random(in: 0..<127, using: &random)
      }
      folder = try TemporaryFolder()
      self.scales = scales
      configuration = [
        "quantization_config": [
          "quant_method": "fp8", "weight_block_size": [tile.rows, tile.columns],
        ] as [String: Any]
      ]
      tensors = [
        ("w", "F8_E4M3", [rows, columns], bytes), ("w_scale_inv", "F32", grid, floatBytes(scales)),
      ]
    }

    func open() throws -> HuggingFaceFolder {
      try folder.write(
        Array(JSONSerialization.data(withJSONObject: configuration)), to: "config.json")
      var entries: [String: Any] = [:]
      var data: [UInt8] = []
      for tensor in tensors {
        entries[tensor.name] =
          [
            "dtype": tensor.type, "shape": tensor.shape,
            "data_offsets": [data.count, data.count + tensor.bytes.count],
          ] as [String: Any]
        data += tensor.bytes
      }
      let header = Array(try JSONSerialization.data(withJSONObject: entries))
      try folder.write(sized(header) + data, to: "model.safetensors")
      return try HuggingFaceFolder(path: folder.path)
    }
  }

  /// Random weights whose tiles end within blocks of 32 and at the edges, of either type.
  func matrix(_ type: BlockType, rows: Int, columns: Int) throws -> StoredMatrix {
    let folder = try Folder(rows: rows, columns: columns, tile: (24, 48))
    if type == .mxfp4Apart {
      var random = SeededGenerator(seed: 9)
      let blocks = rows * columns / 32
      folder.configuration["quantization_config"] = ["quant_method": "mxfp4"]
      folder.tensors = [
        (
          "w_blocks", "U8", [rows, columns / 32, 16],
          (0..<16 * blocks).map { _ in UInt8.random(in: 0...255, using: &random) }
        ),
        (
          "w_scales", "U8", [rows, columns / 32],
          (0..<blocks).map { _ in UInt8.random(in: 122...127, using: &random) }
        ),
      ]
    }
    let tensor = try #require(folder.open().tensor(type == .fp8 ? "w" : "w_blocks"))
    return StoredMatrix(tensor, rows: rows, columns: columns)
  }

  @Test(arguments: [BlockType.fp8, .mxfp4Apart], [1, 3, 7, 8, 20, 70])
  func products(type: BlockType, tokens: Int) throws {
    // Parts begin in the middle of a tile's rows; the widest are summed in parts.
    for (rows, columns) in [(70, 160), (50, 1280)] {
      let whole = try matrix(type, rows: rows, columns: columns)
      for weight in [
        whole, whole.part(rows: 5..<rows), whole.part(rows: 5..<41).part(rows: 30..<33),
      ] {
        var random = SeededGenerator(seed: 1)
        let lines = expanded(weight)
        let x = Matrix(rows: tokens, columns: columns) { _, _ in random.normal() }
        let slopes = Matrix(rows: tokens, columns: weight.rows) { _, _ in random.normal() }
        let output = MutableMatrix(rows: tokens, columns: weight.rows)
        linearForward(
          x.elements, tokens: tokens, [LinearTask(weight: weight, output: output.elements)])
        let gradient = MutableMatrix(rows: tokens, columns: columns)
        linearBackward(
          [LinearBackwardTask(weight: weight, outputGradient: slopes.elements)], tokens: tokens,
          into: gradient.elements)
        var wanted: [Float] = []
        var wantedGradient = [Double](repeating: 0, count: tokens * columns)
        for token in 0..<tokens {
          for (row, line) in lines.enumerated() {
            wanted.append(
              Float((0..<columns).reduce(0.0) { $0 + Double(x[token, $1]) * Double(line[$1]) }))
            for column in 0..<columns {
              wantedGradient[token * columns + column] +=
                Double(slopes[token, row]) * Double(line[column])
            }
          }
        }
        #expect(relativeDistance(output.values, wanted) <= 1e-6)
        #expect(relativeDistance(gradient.values, wantedGradient.map { Float($0) }) <= 5e-6)
      }
    }
  }

  @Test(arguments: [BlockType.fp8, .mxfp4Apart])
  func partsAndCopies(type: BlockType) throws {
    let whole = try matrix(type, rows: 70, columns: 160)
    let lines = expanded(whole)
    #expect(expanded(whole.part(rows: 23..<50)) == Array(lines[23..<50]))
    let order = [69, 0, 24, 23, 47]
    #expect(expanded(whole.gathered(rows: order)) == order.map { lines[$0] })
    let turned = expanded(whole.transposed())
    #expect(turned == (0..<160).map { column in lines.map { $0[column] } })
    // Pages that are given back come again.
    whole.release()
    #expect(expanded(whole) == lines)
  }

  /// The tile of the settings counts where the numbers of scales say nothing against it: 2 x 2 of
  /// 70 x 160 could be equal parts.
  @Test func tilesAtTheEdgesAreSmaller() throws {
    let folder = try Folder(rows: 70, columns: 160, tile: (64, 128))
    let row = try rows(#require(folder.open().tensor("w")))
    let bytes = folder.tensors[0].bytes
    folder.tensors[1] = ("w_scale_inv", "F32", [], floatBytes([1]))
    let plain = try rows(#require(folder.open().tensor("w")))
    for (place, scale) in [(0, 0), (63 * 160 + 127, 0), (128, 1), (64 * 160, 2), (70 * 160 - 1, 3)]
    {
      let (r, c) = place.quotientAndRemainder(dividingBy: 160)
      #expect(row[r][c] == plain[r][c] * folder.scales[scale], "byte \(bytes[place])")
    }
    // The older name.
    folder.tensors[1].name = "w_scale"
    #expect(try rows(#require(folder.open().tensor("w"))) == plain)
  }

  @Test func aModelsTypeIsNamed() throws {
    let tiny = try TinyFolder()
    try tiny.write()
    for name in ["config.json", "model.safetensors"] {
      try tiny.folder.write(bytes(ofFile: path("fp8-blocks") + "/" + name), to: name)
    }
    let model = try LanguageModel(tiny.path)
    #expect(model.quantization == "F8_E4M3")
    // Scales are no parameters: embeddings, head, two blocks, norms.
    #expect(model.parameters == 2 * 96 * 32 + 2 * (3072 + 3 * 48 * 32 + 2 * 8 + 2 * 32) + 32)
    #expect(try ModelInspection(tiny.path).problems.isEmpty)
  }

  @Test func merges() throws {
    let source = try openModel(path("fp8-blocks"))
    let model = try Transformer(source)
    var random = SeededGenerator(seed: 2)
    let adapter = Adapter(
      starting: LoRAConfiguration(
        rank: 2, alpha: 4, dropout: 0, targets: [.values, .down], blocks: [1]),
      model.configuration, using: &random)
    let pair = try #require(adapter.pair(block: 1, .down))
    for index in 0..<pair.b.count { pair.b.elements[index] = random.normal() }
    let folder = try TemporaryFolder()
    let merged = MergedModel(
      source: source, weights: MergedWeights(model: model, adapter: adapter), type: .f16)
    try inJob { try merged.writeFolder(folder("merged"), $0) }
    let written = try openModel(folder("merged"))
    #expect(written.members("quantization_config").isEmpty)
    let ids: [Int32] = [5, 40, 90, 17]
    let wanted = try model.states(ids, layers: [2], adapter: adapter)[0]
    #expect(relativeDistance(wanted[3], try model.states(ids, layers: [2])[0][3]) > 0.02)
    for (a, b) in zip(try Transformer(written).states(ids, layers: [2])[0], wanted) {
      #expect(relativeDistance(a, b) <= 2e-3)
    }
  }

  // MARK: Wrong ones

  func opening(_ change: (Folder) -> Void) throws -> Failure {
    let folder = try Folder(rows: 70, columns: 160, tile: (64, 128))
    change(folder)
    return try #require(thrownFailure { _ = try folder.open() }, "it opened")
  }

  @Test(
    arguments: [
      [128, 0], [128], [1, 2, 3], ["a", "b"], [1.5, 2], 128,
    ] as [any Sendable])
  func aBlockSizeThatIsNone(size: any Sendable) throws {
    try opening {
      $0.configuration["quantization_config"] =
        [
          "quant_method": "fp8", "weight_block_size": size,
        ] as [String: Any]
    }.expect(place: "key quantization_config.weight_block_size", found: "no two numbers above 0")
  }

  @Test func scalesThatDoNotFit() throws {
    try opening { $0.tensors.remove(at: 1) }.expect(
      place: "tensor w", found: "F8_E4M3 without scales", wanted: "w_scale_inv")
    try opening { $0.tensors[1] = ("w_scale_inv", "F32", [3, 2], floatBytes([1, 1, 1, 1, 1, 1])) }
      .expect(place: "tensor w_scale_inv", found: "shape [3, 2]", wanted: "[2, 2]")
    try opening { $0.tensors[1] = ("w_scale_inv", "F32", [0, 2], []) }
      .expect(place: "tensor w_scale_inv", found: "shape [0, 2]", wanted: "[2, 2]")
    try opening { $0.tensors[1] = ("w_scale_inv", "F32", [4], floatBytes([1, 1, 1, 1])) }
      .expect(place: "tensor w_scale_inv", found: "shape [4]")
    // Integers that are no exponents, and fewer bytes than the shape asks for.
    try opening {
      $0.tensors[1] = ("w_scale_inv", "I32", [2, 2], [UInt8](repeating: 0, count: 16))
    }
    .expect(place: "tensor w", found: "F8_E4M3 without scales")
    try opening { $0.tensors[1] = ("w_scale_inv", "U8", [2, 2], [127, 127, 127]) }
      .expect(place: "tensor w", found: "F8_E4M3 without scales")
  }

  @Test func weightsThatAreNoMatricesOfFP8() throws {
    let bytes = [UInt8](repeating: 0, count: 70 * 160)
    try opening { $0.tensors[0] = ("w", "F8_E4M3", [70, 16, 10], bytes) }
      .expect(place: "tensor w", found: "F8_E4M3 of shape [70, 16, 10]", wanted: "a matrix")
    try opening { $0.tensors[0] = ("w", "F8_E4M3", [70, 161], bytes) }
      .expect(place: "tensor w", found: "11200 bytes", wanted: "11270 for shape [70, 161]")
    try opening { $0.tensors[0] = ("w", "F8_E4M3", [1 << 62, 4], bytes) }
      .expect(place: "tensor w", found: "11200 bytes", wanted: "a shape that fits")
    try opening { $0.tensors[0] = ("w", "F8_E5M2", [70, 160], bytes) }
      .expect(place: "tensor w", found: "dtype F8_E5M2")
    // Two weights to a byte, and plain floats, which transformers would multiply.
    try opening { $0.tensors[0] = ("w", "I8", [70, 160], bytes) }
      .expect(place: "tensor w_scale_inv", found: "scales of I8", wanted: "F8_E4M3")
    try opening { $0.tensors[0] = ("w", "BF16", [70, 80], bytes) }
      .expect(place: "tensor w_scale_inv", found: "scales of BF16", wanted: "F8_E4M3")
    try opening { $0.tensors.remove(at: 0) }
      .expect(place: "tensor w_scale_inv", found: "scales of no weight of this file")
    // Nothing says how they are to be read.
    try opening { $0.configuration = [:] }.expect(place: "tensor w", found: "dtype F8_E4M3")
  }

  @Test func blocksOfMXFP4ThatAreNone() throws {
    func opening(_ tensors: [(String, String, [Int], [UInt8])]) throws -> Failure {
      try self.opening {
        $0.configuration["quantization_config"] = ["quant_method": "mxfp4"]
        $0.tensors = tensors
      }
    }
    let blocks = [UInt8](repeating: 0, count: 96)
    try opening([("w_blocks", "U8", [6, 16], blocks)]).expect(
      place: "tensor w_blocks", found: "U8 of shape [6, 16]", wanted: "blocks of 16 bytes")
    try opening([("w_blocks", "U8", [3, 4, 8], blocks)]).expect(
      place: "tensor w_blocks", found: "U8 of shape [3, 4, 8]")
    try opening([("w_blocks", "U8", [3, 3, 16], blocks)]).expect(
      place: "tensor w_blocks", found: "96 bytes", wanted: "144 for shape [3, 3, 16]")
    try opening([("w_blocks", "U8", [3, 2, 16], blocks)]).expect(
      place: "tensor w_blocks", found: "U8 without scales",
      wanted: "w_scales of U8 and shape [3, 2]")
    try opening([
      ("w_blocks", "U8", [3, 2, 16], blocks), ("w_scales", "U8", [6], [0, 0, 0, 0, 0, 0]),
    ]).expect(place: "tensor w_blocks", found: "scales of shape [6]")
    try opening([
      ("w_blocks", "U8", [3, 2, 16], blocks),
      ("w_scales", "F32", [3, 2], [UInt8](repeating: 0, count: 24)),
    ]).expect(place: "tensor w_blocks", found: "scales of shape [3, 2]", wanted: "U8")
  }
}
