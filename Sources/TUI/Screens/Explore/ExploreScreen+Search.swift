import SeerApp
import SeerRuns
import SeerSupport

extension ExploreScreen {
  static func beginSearch(_ state: inout ExploreState) {
    if state.filter.searchTexts.count != state.run.rows.count {
      state.filter.searchTexts = texts(state.run.rows)
    }
    if state.filter.search == nil { state.filter.search = Search(rows: state.run.rows.count) }
    state.filter.search?.isEditing = true
  }

  /// Hides what was not found, or dims it.
  static func toggleHiding(_ state: inout ExploreState) {
    state.filter.search?.hidesRest.toggle()
    state.keepCursorVisible()
  }

  /// The text and the concept of every row, each concept on a line of its own.
  private static func texts(_ rows: [RunRow]) -> PackedTexts {
    var texts = PackedTexts()
    for row in rows { texts.append(row.text + "\n" + row.concept) }
    return texts
  }
}
