extension RecordReader {
  /// Reads a line of a stream, which is one JSON object.
  ///
  /// - Parameters:
  ///   - file, number: what messages call the stream, and the line in it.
  ///   - wanted: the columns to read.
  package static func object<Result>(
    _ line: [UInt8], file: String, number: Int, wanted: [String],
    _ body: (Record, RecordColumns) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result = line.withUnsafeBytes { text -> Swift.Result<Result?, Failure> in
      Swift.Result { () throws(Failure) in
        guard UTF8Bytes.firstInvalid(in: text) == nil else {
          throw Failure(
            .badData, file: file, place: "line \(number)", found: "a byte that is not UTF-8",
            wanted: "UTF-8 text")
        }
        var rows = JSONRows(
          text, file: file, columns: RecordColumns(wanted), firstLine: number)
        var result: Result?
        try rows.readObject { record, columns, _ throws(Failure) in
          result = try body(record, columns)
        }
        return result
      }
    }
    guard let value = try result.get() else {
      throw Failure(.software, file: file, found: "a line that was not read")
    }
    return value
  }

  /// The JSON text of a member of the object in a line; nil where there is none.
  package static func member(_ name: String, of line: [UInt8]) -> String? {
    line.withUnsafeBytes { text in
      var scanner = JSONScanner(text, deepest: 512, takesNaN: true)
      scanner.blanks()
      guard scanner.current == UInt8(ascii: "{"), (try? scanner.enter(0)) != nil else { return nil }
      var found: String?
      while scanner.current == UInt8(ascii: "\"") {
        let start = scanner.place
        guard (try? scanner.string()) != nil else { return nil }
        let isWanted = JSONScanner.bytes(text, start..<scanner.place).elementsEqual(name.utf8)
        scanner.blanks()
        guard scanner.take(":"), let value = try? scanner.skip(depth: 1) else { return nil }
        if isWanted { found = String(decoding: text[value], as: UTF8.self) }
        scanner.blanks()
        guard scanner.take(",") else { break }
        scanner.blanks()
      }
      return found
    }
  }
}
