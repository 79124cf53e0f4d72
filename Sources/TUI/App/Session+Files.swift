import Foundation
import SeerSupport

/// What a session leaves on disk.
extension Session {
  /// Keeps the view for the next time; a failure is told once the user acts again.
  func keepView() {
    guard let views, !source.folder.isEmpty else { return }
    do throws(Failure) {
      try views.write(state.explore.savedView, of: source.folder)
    } catch {
      handle(.saved("", Problem(error)))
    }
  }

  /// The name, or one with a number where a file has it already.
  package static func free(_ name: String) -> String {
    var path = name
    var number = 1
    while FileManager.default.fileExists(atPath: path), number < 1000 {
      number += 1
      let dot = name.lastIndex(of: ".") ?? name.endIndex
      path = name[..<dot] + "-\(number)" + name[dot...]
    }
    return path
  }

  /// Saves a text beside what is there already, never over it.
  package func saveText(_ name: String, _ text: String) -> Event {
    let path = Self.free(name)
    do throws(Failure) {
      try OutputFile.write(text, to: path)
      return .saved(path, nil)
    } catch {
      return .saved(path, Problem(error))
    }
  }
}
