import SeerSupport

/// How the weights of a folder were made smaller. FP8 and MXFP4 are read as transformers expands
/// them; GPTQ, AWQ, bitsandbytes and others are refused by name.
enum FolderQuantisation {
  case none
  /// E4M3 floats, `N` with the scales `N_scale_inv` (or `N_scale`): one for each tile, or for all.
  case fp8(StoredScales.Tile?)
  /// `N_blocks` of bytes with two weights each, and `N_scales` of exponents.
  case mxfp4

  init(_ configuration: JSON, _ path: String) throws(Failure) {
    guard let settings = configuration["quantization_config"], settings.kind == .object,
      settings.count > 0
    else {
      self = .none
      return
    }
    let bits = ["load_in_4bit", "load_in_8bit", "_load_in_4bit", "_load_in_8bit"]
    let method =
      settings["quant_method"]?.string
      ?? (bits.contains { settings[$0]?.bool == true } ? "bitsandbytes" : "of no named method")
    switch method {
    case "mxfp4": self = .mxfp4
    case "fp8": self = .fp8(try Self.tile(settings, path))
    default:
      throw Failure(
        .badData, file: path, place: "key quantization_config.quant_method", found: "`\(method)`",
        wanted: "weights in F32, F16 or BF16, `fp8` or `mxfp4`",
        advice: HuggingFaceFolder.advice(method))
    }
  }

  /// What transformers takes where the key is left out; null is one scale for a whole tensor.
  private static let usualTile = StoredScales.Tile(rows: 128, columns: 128)

  private static func tile(_ settings: JSON, _ path: String) throws(Failure) -> StoredScales.Tile? {
    guard let size = settings["weight_block_size"] else { return usualTile }
    if size.isNull { return nil }
    let sides = size.elements.compactMap(\.integer)
    guard size.kind == .array, size.count == 2, sides.count == 2,
      sides.allSatisfy({ (1...1 << 30).contains($0) })
    else {
      throw Failure(
        .badData, file: path, place: "key quantization_config.weight_block_size",
        found: "no two numbers above 0", wanted: "rows and columns, such as [128, 128], or null",
        advice: "Download the model again.")
    }
    return StoredScales.Tile(rows: sides[0], columns: sides[1])
  }

  /// Whether tensors of a type that is no plain float belong to the form.
  func has(_ dataType: String) -> Bool {
    switch self {
    case .fp8: dataType == "F8_E4M3" || dataType == "F8_E8M0"
    case .none, .mxfp4: false
    }
  }
}

/// The tensors of a folder that are smaller than plain floats, with their scales.
struct QuantisedTensors {
  private(set) var tensors: [String: StoredTensor] = [:]
  /// The tensors that are scales of others.
  private(set) var scaleNames: Set<String> = []
  private let files: [TensorFile]

  init(_ files: [TensorFile], _ quantisation: FolderQuantisation) throws(Failure) {
    self.files = files
    for file in files {
      for (name, tensor) in file.others.sorted(by: { $0.key < $1.key }) {
        switch quantisation {
        case .none: break
        case .fp8(let tile) where tensor.dataType == "F8_E4M3":
          try addFP8(name, tensor, in: file.file, tile)
        case .mxfp4 where tensor.dataType == "U8" && name.hasSuffix("_blocks"):
          try addMXFP4(name, tensor, in: file.file)
        case .fp8, .mxfp4: break
        }
      }
    }
    if case .fp8 = quantisation { try checkScales() }
  }

  /// Scales of other weights (two to a byte, such as those of DeepSeek's FP4) would be left out.
  private func checkScales() throws(Failure) {
    for file in files {
      let names = Array(file.tensors.keys) + Array(file.otherTypes.keys)
      let unread = names.sorted().first { $0.hasSuffix("_scale_inv") && !scaleNames.contains($0) }
      guard let name = unread else { continue }
      let weight = String(name.dropLast("_scale_inv".count))
      let type =
        file.tensors[weight]?.type.name ?? file.otherTypes[weight] ?? "no weight of this file"
      throw Failure(
        .badData, file: file.file.path, place: "tensor \(name)", found: "scales of \(type)",
        wanted: "scales of a weight in F8_E4M3",
        advice: "Such weights are not read: use the model in BF16, or a GGUF file of it.")
    }
  }

  private mutating func addFP8(
    _ name: String, _ tensor: Safetensors.OtherTensor, in file: MappedFile,
    _ usual: StoredScales.Tile?
  ) throws(Failure) {
    let shape = tensor.shape
    guard shape.count == 2, shape.allSatisfy({ $0 > 0 }) else {
      throw Failure(
        .badData, file: file.path, place: "tensor \(name)", found: "F8_E4M3 of shape \(shape)",
        wanted: "a matrix", advice: "Other tensors of FP8 are not read: use the model in BF16.")
    }
    try check(name, tensor, in: file)
    guard let scales = scales(name + "_scale_inv") ?? scales(name + "_scale") else {
      throw Failure(
        .badData, file: file.path, place: "tensor \(name)", found: "F8_E4M3 without scales",
        wanted: "a tensor \(name)_scale_inv of F32, F16, BF16, F8_E8M0 or U8",
        advice: "The folder is not complete: download it again.")
    }
    let counts = scales.shape.count == 2 ? scales.shape : [1, 1]
    guard Self.count(of: scales.shape) == Self.count(of: counts),
      let tile = Self.tile(of: shape, counts, usual)
    else {
      throw Failure(
        .badData, file: scales.file.path, place: "tensor \(scales.name)",
        found: "shape \(scales.shape)",
        wanted: usual.map { "\($0.count(rows: shape[0], columns: shape[1]))" } ?? "one scale",
        advice: "The scales do not fit \(name): download the model again.")
    }
    scaleNames.insert(scales.name)
    tensors[name] = StoredTensor(
      type: .fp8, shape: shape, file: file, range: tensor.range,
      scales: StoredScales(
        number: scales.number, tile: tile, perRow: counts[1], file: scales.file,
        range: scales.range))
  }

  /// The weights that share a scale: those of the settings where that makes as many scales as there
  /// are, else equal parts, as transformers has it.
  private static func tile(
    of shape: [Int], _ counts: [Int], _ usual: StoredScales.Tile?
  ) -> StoredScales.Tile? {
    if let usual, usual.count(rows: shape[0], columns: shape[1]) == counts { return usual }
    guard counts.allSatisfy({ $0 > 0 }), shape[0] % counts[0] == 0, shape[1] % counts[1] == 0
    else { return nil }
    return StoredScales.Tile(rows: shape[0] / counts[0], columns: shape[1] / counts[1])
  }

  private mutating func addMXFP4(
    _ name: String, _ tensor: Safetensors.OtherTensor, in file: MappedFile
  ) throws(Failure) {
    let shape = tensor.shape
    guard shape.count >= 3, shape.last == 16, shape.allSatisfy({ $0 > 0 }) else {
      throw Failure(
        .badData, file: file.path, place: "tensor \(name)", found: "U8 of shape \(shape)",
        wanted: "blocks of 16 bytes, (..., rows, blocks, 16)",
        advice: "The weights are no MXFP4 that Seer knows: use a GGUF file of the model.")
    }
    try check(name, tensor, in: file)
    let scaleName = name.dropLast("blocks".count) + "scales"
    let scales = scales(String(scaleName))
    guard let scales, scales.number == .exponent, scales.shape == shape.dropLast() else {
      throw Failure(
        .badData, file: file.path, place: "tensor \(name)",
        found: scales.map { "scales of shape \($0.shape)" } ?? "U8 without scales",
        wanted: "a tensor \(scaleName) of U8 and shape \(Array(shape.dropLast()))",
        advice: "The folder is not complete: download it again.")
    }
    scaleNames.insert(scales.name)
    let blocks = shape[shape.count - 2]
    tensors[name] = StoredTensor(
      type: .mxfp4Apart, shape: shape.dropLast(2) + [blocks * BlockType.mxfp4Apart.weights],
      file: file, range: tensor.range,
      scales: StoredScales(
        number: .exponent, tile: StoredScales.Tile(rows: 1, columns: 32), perRow: blocks,
        file: scales.file, range: scales.range))
  }

  private func check(
    _ name: String, _ tensor: Safetensors.OtherTensor, in file: MappedFile
  ) throws(Failure) {
    let wanted = Self.count(of: tensor.shape)
    guard wanted == tensor.range.count else {
      throw Failure(
        .badData, file: file.path, place: "tensor \(name)", found: "\(tensor.range.count) bytes",
        wanted: wanted.map { "\($0) for shape \(tensor.shape)" } ?? "a shape that fits",
        advice: "The file is damaged: download it again.")
    }
  }

  /// Numbers in a shape; nil where that is beyond an integer.
  private static func count(of shape: [Int]) -> Int? {
    var count: Int? = 1
    for size in shape {
      count = count.flatMap {
        let (product, overflow) = $0.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
      }
    }
    return count
  }

  private typealias Scales = (
    name: String, shape: [Int], number: StoredScales.Number, file: MappedFile, range: Range<Int>
  )

  /// A tensor of scales, in whichever file; nil where there is none with as many bytes as its type
  /// and shape ask for.
  private func scales(_ name: String) -> Scales? {
    for file in files {
      if let tensor = file.tensors[name] {
        let number: StoredScales.Number =
          switch tensor.type {
          case .f16: .float16
          case .bf16: .bfloat16
          default: .float32
          }
        return (name, tensor.shape, number, tensor.file, tensor.range)
      }
      if let tensor = file.others[name], ["U8", "F8_E8M0"].contains(tensor.dataType),
        Self.count(of: tensor.shape) == tensor.range.count
      {
        return (name, tensor.shape, .exponent, file.file, tensor.range)
      }
    }
    return nil
  }
}

// MARK: What is not read

extension HuggingFaceFolder {
  /// Weights of other forms where `config.json` does not tell.
  static func refuseQuantised(_ files: [TensorFile]) throws(Failure) {
    for file in files {
      let names = (Array(file.tensors.keys) + Array(file.otherTypes.keys)).sorted()
      for name in names {
        guard let (_, method) = tensorEndings.first(where: { name.hasSuffix($0.ending) }) else {
          continue
        }
        throw Failure(
          .badData, file: file.file.path, place: "tensor \(name)", found: "a weight of \(method)",
          wanted: "weights in F32, F16 or BF16", advice: advice(method))
      }
    }
  }

  private static let tensorEndings: [(ending: String, method: String)] = [
    (".qweight", "GPTQ or AWQ"), (".qzeros", "GPTQ or AWQ"), (".g_idx", "GPTQ"),
    (".weight.absmax", "bitsandbytes"), (".weight.quant_map", "bitsandbytes"),
    (".SCB", "bitsandbytes"),
  ]

  static func advice(_ method: String) -> String {
    method == "bitsandbytes"
      ? "Load it with transformers, call model.dequantize() and save_pretrained, or use the model's "
        + "unquantised form."
      : "Use the model's unquantised form, or a GGUF file of it."
  }
}
