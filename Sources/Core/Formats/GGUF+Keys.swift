/// Typed look-ups in a GGUF file's metadata; each failure names the key.
extension GGUF {
  func wrongKey(_ key: String, _ wanted: String) -> Failure {
    Failure(
      .badData, file: file.path, place: "key \(key)", found: metadata[key]?.kind ?? "no such key",
      wanted: wanted, advice: "The file is not a complete model: convert or download it again.")
  }

  func integer(_ key: String) throws(Failure) -> Int {
    guard case .integer(let value)? = metadata[key] else { throw wrongKey(key, "an integer") }
    return value
  }

  /// An integer within a range that keeps every later product and allocation sensible.
  func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    let value = try integer(key)
    guard range.contains(value) else {
      throw wrongKey(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func real(_ key: String) throws(Failure) -> Double {
    switch metadata[key] {
    case .real(let value)? where value.isFinite: return value
    case .integer(let value)?: return Double(value)
    default: throw wrongKey(key, "a finite number")
    }
  }

  func positive(_ key: String) throws(Failure) -> Double {
    let value = try real(key)
    guard value > 0 else { throw wrongKey(key, "a number above 0") }
    return value
  }

  func string(_ key: String) throws(Failure) -> String {
    guard case .string(let value)? = metadata[key] else { throw wrongKey(key, "a string") }
    return value
  }

  func strings(_ key: String) throws(Failure) -> [String] {
    guard case .strings(let values)? = metadata[key] else {
      throw wrongKey(key, "an array of strings")
    }
    return values
  }

  func integers(_ key: String) throws(Failure) -> [Int] {
    guard case .integers(let values)? = metadata[key] else {
      throw wrongKey(key, "an array of integers")
    }
    return values
  }

  func has(_ key: String) -> Bool { metadata[key] != nil }
}
