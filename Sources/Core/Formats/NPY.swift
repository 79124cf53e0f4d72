import Foundation
import LinearAlgebra
import SeerSupport

/// NumPy's array files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
/// 1. `\x93NUMPY`, major and minor version (one byte each);
/// 2. the header's length, little-endian (2 bytes in version 1, 4 in versions 2 and 3);
/// 3. the header, a Python dictionary with `descr`, `fortran_order` and `shape`;
/// 4. the data.
package enum NPY {
  package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads a two-dimensional array of float32 or float64 in C order; float64 is rounded.
  package static func read(_ path: String) throws(Failure) -> Matrix {
    let file = try MappedFile(path: path)
    return try file.withBytes { bytes throws(Failure) in try read(bytes, path) }
  }

  private static func read(
    _ file: UnsafeRawBufferPointer, _ path: String
  ) throws(Failure) -> Matrix {
    func bad(
      _ place: String, _ found: String, _ wanted: String,
      _ advice: String = "Save it with numpy.save as a two-dimensional float32 array."
    ) -> Failure {
      Failure(
        .badData, file: path, place: place, found: found, wanted: wanted, advice: advice)
    }
    guard file.count >= 10, file.prefix(6).elementsEqual(magic) else {
      throw bad("offset 0", "no NumPy magic", "an .npy file")
    }
    let version = file[6]
    guard (1...3).contains(version) else {
      throw bad("offset 6", "version \(version)", "version 1, 2 or 3")
    }
    let lengthSize = version == 1 ? 2 : 4
    guard file.count >= 8 + lengthSize else {
      throw bad("offset 8", "\(file.count) bytes", "a header")
    }
    let length =
      version == 1
      ? Int(UInt16(littleEndian: file.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: file.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    let start = 8 + lengthSize + length
    guard start <= file.count else {
      throw bad("offset 8", "a header of \(length) bytes", "at most \(file.count - 8 - lengthSize)")
    }
    let header = String(decoding: file[(8 + lengthSize)..<start], as: UTF8.self)
    guard let type = value(of: "descr", in: header)?.trimmingCharacters(in: quotes),
      let order = value(of: "fortran_order", in: header), let shape = shape(in: header)
    else { throw bad("header", header, "descr, fortran_order and shape") }
    guard type == "<f4" || type == "<f8" else {
      throw bad("header, descr", "`\(type)`", "`<f4` or `<f8` (float32, float64, little-endian)")
    }
    guard order == "False" else {
      throw bad(
        "header, fortran_order", order, "False",
        "Save numpy.ascontiguousarray of it: columns first (Fortran order) is not read.")
    }
    guard shape.count == 2 else {
      throw bad("header, shape", "\(shape.count) dimensions", "2 (rows, columns)")
    }
    let size = type == "<f4" ? 4 : 8
    let (count, overflow) = shape[0].multipliedReportingOverflow(by: shape[1])
    let (bytes, overflowed) = count.multipliedReportingOverflow(by: size)
    guard !overflow, !overflowed, bytes == file.count - start else {
      throw bad(
        "data, offset \(start)", "\(file.count - start) bytes",
        overflow || overflowed ? "a shape that fits" : "\(bytes) for shape \(shape)")
    }
    let matrix = MatrixBuilder(rows: shape[0], columns: shape[1])
    guard count > 0, let base = file.baseAddress else { return matrix.frozen() }
    if size == 4 {
      memcpy(matrix.elements, base + start, bytes)
    } else {
      for index in 0..<count {
        matrix.elements[index] = Float(
          (base + start + index * 8).loadUnaligned(as: Double.self))
      }
    }
    return matrix.frozen()
  }

  private static let quotes = CharacterSet(charactersIn: "'\"")

  /// The text of a key's value up to the next comma or brace; not for tuples.
  private static func value(of key: String, in header: String) -> String? {
    guard let place = header.range(of: "'\(key)':") else { return nil }
    return header[place.upperBound...].prefix { $0 != "," && $0 != "}" }
      .trimmingCharacters(in: .whitespaces)
  }

  private static func shape(in header: String) -> [Int]? {
    guard let place = header.range(of: "'shape':"),
      let open = header[place.upperBound...].firstIndex(of: "("),
      let close = header[open...].firstIndex(of: ")")
    else { return nil }
    let fields = header[header.index(after: open)..<close].split(separator: ",")
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    let sizes = fields.compactMap { Int($0) }
    return sizes.count == fields.count && sizes.allSatisfy { $0 >= 0 } ? sizes : nil
  }

  /// The bytes of a file that holds a matrix as float32.
  package static func bytes(_ matrix: Matrix) -> [UInt8] {
    var header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(matrix.rows), \(matrix.columns)), }"
    // The data begins at a multiple of 64 bytes.
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var bytes = magic + [1, 0]
    bytes += withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8)
    bytes += UnsafeRawBufferPointer(start: matrix.elements, count: matrix.count * 4)
    return bytes
  }
}
