/// Text in UTF-8, whatever the file it came from was.
package struct InputText {
  /// The path, for messages.
  package let file: String
  let bytes: MappedFile
  /// The bytes of its mark, which is no text.
  let mark: Int
  /// What was done to it.
  package let notes: [String]

  /// Opens a file or a pipe, decompresses and converts it.
  ///
  /// Fails, naming what was found, for formats that are no text.
  ///
  /// - Parameters:
  ///   - isOwn: of a file that this program wrote, which is UTF-8 or damaged.
  ///   - limit: the most bytes that compressed data may become; nil for a gigabyte and a hundred
  ///     times its own.
  package init(_ path: String, isOwn: Bool = false, limit: Int? = nil) throws(Failure) {
    let input = try isOwn ? MappedFile(path: path) : InputFile.bytes(of: path)
    guard !isOwn else {
      try TextEncoding.checkUTF8(input)
      self.init(file: path, bytes: input, notes: [])
      return
    }
    var bytes = input
    var notes: [String] = []
    for round in 0... {
      guard let compression = bytes.withBytes({ Compression($0) }) else { break }
      guard round < 3 else {
        throw Failure(
          .badData, file: bytes.path, found: "data that was compressed more than 3 times",
          wanted: "rows", advice: "Decompress it.")
      }
      bytes = try compression.decompress(bytes, limit: limit)
    }
    try bytes.withBytes { start throws(Failure) in
      try ForeignFormat.check(start, file: input.path)
    }
    let encoding = try TextEncoding(bytes)
    if encoding != .utf8 {
      notes.append("\(bytes.path) is \(encoding.name) text; it was read as such.")
    }
    self.init(file: path, bytes: try encoding.converted(bytes), notes: notes)
  }

  private init(file: String, bytes: MappedFile, notes: [String]) {
    self.file = file
    self.bytes = bytes
    self.notes = notes
    mark = bytes.withBytes { $0.starts(with: [0xEF, 0xBB, 0xBF]) } ? 3 : 0
  }

  /// Gives the text, which must not outlive the call.
  package func withText<Result>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withBytes(in: mark..<bytes.count, body)
  }

  /// Lets go of the memory of the text before an offset, which has been read.
  func release(_ range: Range<Int>) {
    bytes.release(range.lowerBound + mark..<range.upperBound + mark)
  }
}
