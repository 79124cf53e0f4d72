import SeerSupport

/// The tensors of a file that `torch.save` wrote, memory-mapped; nothing in it is run.
///
/// Layout (https://pytorch.org/docs/stable/notes/serialization.html): a zip file with one folder,
/// 1. `data.pkl`: a pickle of a dictionary of names and tensors, which name their storages;
/// 2. `data/KEY`: the numbers of each storage;
/// 3. `byteorder`: `little` or `big`; little where it is absent;
/// 4. `version` and others that say nothing of the tensors.
package struct TorchFile: Sendable {
  package let file: MappedFile
  /// Tensors of floats. Those that do not lie row by row, and float64, are copied into memory.
  package let tensors: [String: StoredTensor]
  /// Tensors of integers, with their types.
  package let otherTypes: [String: String]

  package init(path: String) throws(Failure) {
    file = try MappedFile(path: path)
    try Self.checkKind(of: file)
    let zip = try Zip(file, as: .torch)
    let folder = try Self.folder(of: zip)
    if let order = zip[folder + "byteorder"]?.stored {
      let name = String(decoding: file.copy(order.prefix(16)), as: UTF8.self)
      guard name == "little" else {
        throw Failure(
          .badData, file: path, place: "entry \(folder)byteorder", found: "`\(name)`",
          wanted: "`little`", advice: "Load and save it again with PyTorch on this machine.")
      }
    }
    let entry = folder + "data.pkl"
    guard let range = zip[entry]?.stored else {
      throw Failure(
        .badData, file: path, place: "entry \(entry)", found: "no such entry",
        wanted: "the pickle of what torch.save writes", advice: "Make the file again.")
    }
    let pickle = try Pickle(file, entry: entry, range: range)
    let data = try Self.storages(of: pickle, in: zip, folder)
    var tensors: [String: StoredTensor] = [:]
    var otherTypes: [String: String] = [:]
    // As much as every number copied twice over: views may be many of one storage.
    var room = 2 * file.count
    for (name, tensor) in pickle.named {
      let storage = pickle.storages[tensor.storage]
      guard let type = storage.type.blockType else {
        otherTypes[name] = storage.type.rawValue
        continue
      }
      let bytes = data[tensor.storage]
      if tensor.isContiguous, storage.type != .float64 {
        let start = bytes.lowerBound + (tensor.count > 0 ? tensor.offset : 0) * type.bytes
        tensors[name] = StoredTensor(
          type: type, shape: tensor.shape, file: file,
          range: start..<start + tensor.count * type.bytes)
        continue
      }
      room -= tensor.count * type.bytes
      guard room >= 0 else {
        throw Failure(
          .badData, file: path, place: "tensor \(name)",
          found: "views of the same numbers that would take more than \(2 * file.count) bytes",
          wanted: "tensors of their own", advice: "Save them as safetensors.")
      }
      let copy = try Self.copy(tensor, of: storage.type, as: type, bytes, in: file, name)
      tensors[name] = StoredTensor(
        type: type, shape: tensor.shape, file: copy, range: 0..<copy.count)
    }
    self.tensors = tensors
    self.otherTypes = otherTypes
  }

  /// Throws where the file is not of this form but of one that can be told.
  private static func checkKind(of file: MappedFile) throws(Failure) {
    let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
    if file.count >= 2, file.copy(0..<2)[0] == 0x80 {
      throw Failure(
        .badData, file: file.path, place: "offset 0",
        found: "a bare pickle, as torch.save wrote before PyTorch 1.6",
        wanted: "a zip file, as it writes since",
        advice: "Convert it: python -c \"import torch; torch.save(torch.load('\(name)', "
          + "map_location='cpu', weights_only=True), '\(name)')\"")
    }
    let start = file.copy(0..<min(file.count, 64))
    if String(decoding: start, as: UTF8.self).hasPrefix("version https://git-lfs") {
      throw Failure(
        .badData, file: file.path, place: "offset 0", found: "a pointer of Git LFS",
        wanted: "the file itself", advice: "Run git lfs pull in its folder.")
    }
  }

  /// The folder that all entries are in, with its slash.
  private static func folder(of zip: Zip) throws(Failure) -> String {
    let folders = Set(
      zip.entries.map { entry in
        entry.name.firstIndex(of: "/").map { String(entry.name[...$0]) } ?? ""
      })
    guard folders.count == 1, let folder = folders.first, !folder.isEmpty else {
      throw Failure(
        .badData, file: zip.file.path, place: "directory", found: "\(folders.count) folders",
        wanted: "one, as torch.save makes", advice: "Give a file that torch.save wrote.")
    }
    guard zip[folder + "constants.pkl"] == nil else {
      throw Failure(
        .badData, file: zip.file.path, place: "entry \(folder)constants.pkl",
        found: "a TorchScript program", wanted: "tensors and nothing else",
        advice: "Get the weights as safetensors.")
    }
    return folder
  }

  /// Where each storage's numbers lie.
  private static func storages(
    of pickle: Pickle, in zip: Zip, _ folder: String
  ) throws(Failure) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for storage in pickle.storages {
      let entry = folder + "data/" + storage.key
      let (wanted, overflow) = storage.count.multipliedReportingOverflow(by: storage.type.size)
      let range = zip[entry]?.stored
      guard let range, !overflow, range.count == wanted else {
        throw Failure(
          .badData, file: zip.file.path, place: "entry \(entry)",
          found: range.map { "\($0.count) bytes" } ?? "no such entry",
          wanted: "\(storage.count) numbers of \(storage.type.size) bytes",
          advice: "The file is damaged: make or download it again.")
      }
      ranges.append(range)
    }
    return ranges
  }

  /// A view's numbers row by row, float64 as float32.
  private static func copy(
    _ tensor: PickleTensor, of stored: TorchType, as type: BlockType, _ range: Range<Int>,
    in file: MappedFile, _ name: String
  ) throws(Failure) -> MappedFile {
    let count = tensor.count
    return try MappedFile(
      path: file.path, count: count * type.bytes
    ) { target throws(Failure) in
      try file.withBytes(in: range) { source throws(Failure) in
        var index = [Int](repeating: 0, count: tensor.shape.count)
        var place = tensor.offset
        for number in 0..<count {
          switch stored {
          case .float64:
            let value = source.loadUnaligned(fromByteOffset: place * 8, as: Double.self)
            let float = Float(value)
            guard float.isFinite || !value.isFinite else {
              throw Failure(
                .badData, file: file.path, place: "tensor \(name)", found: "\(value)",
                wanted: "numbers that float32 has", advice: "Save it as float32.")
            }
            target.storeBytes(of: float, toByteOffset: number * 4, as: Float.self)
          case .float32:
            target.storeBytes(
              of: source.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self),
              toByteOffset: number * 4, as: UInt32.self)
          default:
            target.storeBytes(
              of: source.loadUnaligned(fromByteOffset: place * 2, as: UInt16.self),
              toByteOffset: number * 2, as: UInt16.self)
          }
          // The next one, the last index fastest.
          for axis in index.indices.reversed() {
            index[axis] += 1
            place += tensor.strides[axis]
            if index[axis] < tensor.shape[axis] { break }
            place -= index[axis] * tensor.strides[axis]
            index[axis] = 0
          }
        }
      }
    }
  }
}

extension Zip.Kind {
  /// What torch.save writes.
  fileprivate static let torch = Zip.Kind(
    allowsDeflation: false,
    packedAdvice: "PyTorch packs nothing: load the file there and save it again.",
    damagedAdvice: "The file is damaged or no zip file: make or download it again.")
}
