import Foundation

/// Names that no file or folder has yet.
package enum FreeName {
  /// The name, or one with a number where something has it already.
  ///
  /// - Parameter hasEnding: whether what follows the last dot stays at its end.
  package static func of(
    _ name: String, hasEnding: Bool = true,
    isTaken: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
  ) -> String {
    var name = name
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    // A dot of a folder on the way ends nothing.
    let last = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    let dot = hasEnding ? name[last...].dropFirst().lastIndex(of: ".") : nil
    let end = dot ?? name.endIndex
    var path = name
    var number = 1
    while isTaken(path), number < 1000 {
      number += 1
      path = name[..<end] + "-\(number)" + name[end...]
    }
    return path
  }
}
