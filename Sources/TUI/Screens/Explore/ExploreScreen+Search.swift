import SeerRuns
import SeerSupport

extension ExploreScreen {
  static func beginSearch(_ state: inout ExploreState) {
    if state.searchTexts.count != state.rows.count { state.searchTexts = texts(state.rows) }
    if state.search == nil { state.search = Search(rows: state.rows.count) }
    state.search?.isEditing = true
  }

  /// Hides what was not found, or dims it.
  static func toggleHiding(_ state: inout ExploreState) {
    state.search?.hidesRest.toggle()
    keepCursorVisible(&state)
  }

  /// The text and the concept of every row, each concept on a line of its own.
  private static func texts(_ rows: [RunRow]) -> PackedTexts {
    var texts = PackedTexts()
    for row in rows { texts.append(row.text + "\n" + row.concept) }
    return texts
  }

  /// Looks up what is typed so far and goes to the first row that has it.
  package static func find(_ state: inout ExploreState) {
    state.search?.find(in: state.searchTexts)
    if let cursor = state.cursor, !state.isMatch(cursor) { step(1, &state) }
  }
}
