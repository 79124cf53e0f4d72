import Foundation
import SeerSupport

/// What a session leaves on disk.
extension Session {
  /// Keeps the view for the next time; a failure is told once the user acts again.
  package func keepView() {
    guard let views, !source.folder.isEmpty else { return }
    do throws(Failure) {
      try views.write(state.explore.savedView, of: source.folder)
    } catch {
      handle(.saved("", Problem(error)))
    }
  }

  /// Saves a text beside what is there already, never over it.
  package func saveText(_ name: String, _ text: String) -> Event {
    let path = FreeName.of(name)
    do throws(Failure) {
      try OutputFile.write(text, to: path)
      return .saved(path, nil)
    } catch {
      return .saved(path, Problem(error))
    }
  }
}
