import SeerRuns
import SeerSupport

extension ExploreScreen {
  static func perform(search id: Command.ID, _ state: inout ExploreState) {
    switch id {
    case .search:
      if state.searchTexts.count != state.rows.count { state.searchTexts = texts(state.rows) }
      if state.search == nil { state.search = Search(rows: state.rows.count) }
      state.search?.isEditing = true
    case .acceptSearch:
      state.search?.isEditing = false
      if state.search?.query.isEmpty ?? true { state.search = nil }
    case .searchExpression:
      state.search?.isExpression.toggle()
      find(&state)
    case .searchHides, .typedSearchHides:
      state.search?.hidesRest.toggle()
      keepCursorVisible(&state)
    default: state.search = nil
    }
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
