import Foundation
import SeerSupport

/// A file of arrays, whatever wrote it: .npy, .npz or safetensors, told by its first bytes.
///
///     let file = try ArrayFile(path: "states.npz")
///     file.entries.map(\.name)        // ["layer_0", "layer_1"]
///     let array = try file.array(file.entries[0], scratch: "/tmp")
package struct ArrayFile: Sendable {
  /// One array, of which nothing but its header has been read.
  package struct Entry: Sendable {
    /// Its name in the file; nil in an .npy file, which has one array.
    package let name: String?
    /// Its type as the file writes it.
    package let typeName: String
    /// The same as a number's; nil for what holds no numbers of ours.
    package let type: NumberType?
    package let shape: [Int]
    let isColumnMajor: Bool
    let source: Source

    package var isFloatingPoint: Bool { type?.isFloatingPoint == true }
  }

  enum Source: Sendable {
    /// The numbers themselves.
    case bytes(FileBytes)
    /// An .npy file in an archive, whose numbers begin at a place.
    case packed(Zip.Entry, of: NPZ, dataStart: Int)
  }

  package let path: String
  package let entries: [Entry]
  /// Whether two bytes without a type's name are to be read as bfloat16.
  private let readsBFloat16: Bool

  /// The endings of the names of files that it reads.
  package static let endings = [".npy", ".npz", ".safetensors"]

  /// - Parameter readsBFloat16: whether numbers of two bytes are bfloat16, which NumPy has no name
  ///   for: it writes them as raw bytes (`V2`) or as integers.
  package init(path: String, readsBFloat16: Bool = false) throws(Failure) {
    self.path = path
    self.readsBFloat16 = readsBFloat16
    let file = try MappedFile(path: path)
    let start = file.copy(0..<min(file.count, 9))
    if start.starts(with: NPY.magic) {
      let header = try file.withBytes { bytes throws(Failure) in try NPY.header(bytes, path) }
      entries = [
        Entry(
          name: nil, header, .bytes(file[header.dataStart..<file.count]),
          readsBFloat16: readsBFloat16)
      ]
    } else if file.withBytes(NPZ.isArchive) {
      entries = try Self.arrays(of: try NPZ(file), readsBFloat16)
    } else if start.count == 9, start[8] == UInt8(ascii: "{") || path.hasSuffix(".safetensors") {
      entries = Self.tensors(
        of: try Safetensors(path: path, allowsOtherTypes: true), readsBFloat16)
    } else {
      throw Self.unknown(path, start)
    }
  }

  private static func arrays(
    of archive: NPZ, _ readsBFloat16: Bool
  ) throws(Failure) -> [Entry] {
    var entries: [Entry] = []
    for packed in archive.entries where packed.name.hasSuffix(".npy") {
      let header: NPY.Header
      do throws(Failure) {
        let start = try archive.prefix(packed, NPY.longestHeader + 12)
        header = try start.withUnsafeBytes { bytes in
          Result { () throws(Failure) in try NPY.header(bytes, archive.path) }
        }.get()
      } catch {
        var failure = error
        if failure.place?.hasPrefix("entry ") != true {
          failure.place = ["entry \(packed.name)", failure.place].compactMap { $0 }
            .joined(separator: ", ")
        }
        throw failure
      }
      entries.append(
        Entry(
          name: String(packed.name.dropLast(4)), header,
          .packed(packed, of: archive, dataStart: header.dataStart), readsBFloat16: readsBFloat16))
    }
    guard entries.isEmpty else { return entries }
    let isTorch = archive.entries.contains { $0.name.hasSuffix("data.pkl") }
    throw Failure(
      .badData, file: archive.path,
      found: isTorch ? "what torch.save wrote" : "a zip file without .npy members",
      wanted: "arrays of numpy.savez",
      advice: isTorch
        ? "Save the tensors with safetensors.torch.save_file, or as .numpy() with numpy.savez."
        : "Save the arrays with numpy.savez.")
  }

  private static func tensors(of file: Safetensors, _ readsBFloat16: Bool) -> [Entry] {
    func entry(_ name: String, _ type: String, _ shape: [Int], _ range: Range<Int>) -> Entry {
      let known = NumberType(safetensors: type)
      return Entry(
        name: name, typeName: type,
        type: readsBFloat16 && ["I16", "U16"].contains(type) ? NumberType(.bfloat16) : known,
        shape: shape, isColumnMajor: false, source: .bytes(file.file[range]))
    }
    let known = file.tensors.map {
      entry($0.key, $0.value.dataType.rawValue, $0.value.shape, $0.value.range)
    }
    let others = file.otherTensors.map {
      entry($0.key, $0.value.dataType, $0.value.shape, $0.value.range)
    }
    return (known + others).sorted { ($0.name ?? "") < ($1.name ?? "") }
  }

  /// What the first bytes of files that people have beside these say.
  private static let others: [(magic: [UInt8], name: String)] = [
    ([0x89] + Array("HDF".utf8), "an HDF5 file"), (Array("PAR1".utf8), "a Parquet file"),
    (Array("GGUF".utf8), "a GGUF model"), ([0x80, 0x02], "a Python pickle"),
    ([0x80, 0x04], "a Python pickle"), ([0x1F, 0x8B], "a gzip file"),
  ]

  private static func unknown(_ path: String, _ start: [UInt8]) -> Failure {
    let known = others.first { start.starts(with: $0.magic) }?.name
    let bytes = start.prefix(4).map { String(format: "%02x", $0) }.joined(separator: " ")
    return Failure(
      .badData, file: path, place: "offset 0",
      found: known ?? (start.isEmpty ? "an empty file" : "bytes \(bytes)"),
      wanted: "an .npy, .npz or safetensors file",
      advice: "Save the states with numpy.save or safetensors.")
  }
}

extension ArrayFile.Entry {
  fileprivate init(
    name: String?, _ header: NPY.Header, _ source: ArrayFile.Source, readsBFloat16: Bool
  ) {
    let isRaw = ["|V2", "<V2", "<u2", "<i2"].contains(header.descr)
    self.init(
      name: name, typeName: header.descr,
      type: readsBFloat16 && isRaw ? NumberType(.bfloat16) : NumberType(descr: header.descr),
      shape: header.shape, isColumnMajor: header.isColumnMajor, source: source)
  }

  /// Where messages place it.
  package var place: String { name.map { "array \($0)" } ?? "header" }
}

extension ArrayFile {
  /// The numbers of an entry.
  ///
  /// - Parameter scratch: a folder with room for an array that is stored deflated.
  ///
  /// Fails where it holds no numbers, or other bytes than its shape asks for.
  package func array(_ entry: Entry, scratch: String) throws(Failure) -> StoredArray {
    guard let type = entry.type else { throw noNumbers(entry) }
    guard !readsBFloat16 || type.kind == .bfloat16 else {
      throw Failure(
        .usage, file: path, place: "\(entry.place), descr", found: "`\(entry.typeName)`",
        wanted: "numbers of two bytes, as --dtype bfloat16 says", advice: "Leave --dtype out.")
    }
    let bytes: FileBytes
    let place: String
    switch entry.source {
    case .bytes(let stored):
      bytes = stored
      place = entry.name.map { "tensor \($0)" } ?? "data, offset \(stored.range.lowerBound)"
    case .packed(let packed, let archive, let start):
      let all = try archive.bytes(packed, scratch: scratch)
      place = "entry \(packed.name), data"
      // The header was read from the same bytes.
      bytes =
        all.file[min(all.range.lowerBound + start, all.range.upperBound)..<all.range.upperBound]
    }
    return try StoredArray(
      file: path, name: entry.name, type: type, shape: entry.shape,
      isColumnMajor: entry.isColumnMajor, bytes: bytes, at: place)
  }

  private func noNumbers(_ entry: Entry) -> Failure {
    let isRaw = entry.typeName.hasSuffix("V2")
    return Failure(
      .badData, file: path, place: "\(entry.place), descr", found: "`\(entry.typeName.prefix(80))`",
      wanted: "float16, float32, float64 or integers",
      advice: isRaw
        ? "NumPy has no name for this type of two bytes: give --dtype bfloat16 if it is that."
        : "Save it with numpy.save as one of these types.")
  }
}
