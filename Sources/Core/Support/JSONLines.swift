import Foundation

/// One JSON object a line; its keys are the columns.
enum JSONLines {
  /// Reads UTF-8 text without a byte order mark. Values that are not strings are kept as their
  /// JSON text, null as nothing.
  static func table(_ text: UnsafeRawBufferPointer, file: String) throws(Failure) -> TextTable {
    var table = TextTable(file: file, columns: [])
    var objects: [[String: String]] = []
    var numbers: [Set<String>] = []
    var line = 0
    var start = 0
    while start < text.count {
      line += 1
      let end = text[start...].firstIndex(of: 0x0A) ?? text.count
      let part = text[start..<end]
      start = end + 1
      guard part.contains(where: { $0 > 0x20 }) else { continue }
      let object = try object(Data(part), file: file, line: line)
      for key in object.texts.keys.sorted() where table.index(of: key) == nil {
        table.columns.append(key)
      }
      objects.append(object.texts)
      numbers.append(object.numbers)
      table.lines.append(line)
    }
    let columns = table.columns
    table.rows = objects.map { object in columns.map { object[$0] } }
    for (row, keys) in numbers.enumerated() where !keys.isEmpty {
      table.numbers[row] = Set(columns.indices.filter { keys.contains(columns[$0]) })
    }
    return table
  }

  private static func object(
    _ data: Data, file: String, line: Int
  ) throws(Failure) -> (texts: [String: String], numbers: Set<String>) {
    func failure(_ found: String) -> Failure {
      Failure(
        .badData, file: file, place: "line \(line)", found: found,
        wanted: "one JSON object, such as {\"prompt\": \"...\", \"value\": \"...\"}")
    }
    let value: Any
    do {
      value = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    } catch {
      let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
      throw failure("no valid JSON" + (reason.map { " (\($0))" } ?? ""))
    }
    guard let object = value as? [String: Any] else { throw failure("JSON that is no object") }
    var result: [String: String] = [:]
    var numbers: Set<String> = []
    for (key, value) in object {
      if let string = value as? String {
        result[key] = string
      } else if !(value is NSNull) {
        let text = try? JSONSerialization.data(
          withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
        guard let text else { throw failure("a value of `\(key)` that cannot be kept") }
        result[key] = String(decoding: text, as: UTF8.self)
        // Of what is no string only numbers begin so.
        if let first = text.first, first == UInt8(ascii: "-") || 0x30...0x39 ~= first {
          numbers.insert(key)
        }
      }
    }
    return (result, numbers)
  }
}
