import SeerSupport

extension ExploreScreen {
  static func perform(list id: Command.ID, _ state: inout AppState) -> [Effect] {
    switch id {
    case .lists: open(.outliers, &state.explore)
    case .groups: open(.groups, &state.explore)
    case .closeList: state.explore.list = nil
    case .listNext:
      guard let kind = state.explore.list?.kind else { break }
      open(next(kind), &state.explore)
    case .listDown: moveInList(1, &state.explore)
    case .listUp: moveInList(-1, &state.explore)
    case .listGo: go(&state)
    case .deleteEntry:
      delete(&state.explore)
      return [.keepView]
    case .markGroup:
      guard let list = state.explore.list, list.kind == .groups, !list.entries.isEmpty else {
        break
      }
      state.explore.list?.marked = list.marked == list.index ? nil : list.index
    case .nameGroup:
      guard let list = state.explore.list, list.kind == .groups, !list.entries.isEmpty else {
        break
      }
      state.explore.naming = list.entries[list.index].text
    case .acceptName:
      name(&state.explore)
      return [.keepView]
    case .cancelName: state.explore.naming = nil
    case .saveGroup: return save(&state)
    case .bookmark:
      bookmark(&state)
      return [.keepView]
    default: break
    }
    return []
  }

  private static func open(_ kind: RowList.Kind, _ state: inout ExploreState) {
    state.list = RowList(kind: kind, entries: state.entries(kind))
  }

  static func moveInList(_ step: Int, _ state: inout ExploreState) {
    guard let list = state.list else { return }
    state.list?.index = max(0, min(list.entries.count - 1, list.index + step))
  }

  /// Goes to the entry's row; of a pair or a group, its rows become the selection.
  private static func go(_ state: inout AppState) {
    guard let list = state.explore.list, list.entries.indices.contains(list.index),
      let row = list.entries[list.index].rows.first
    else { return }
    let entry = list.entries[list.index]
    state.explore.list = nil
    if list.kind == .confusions || list.kind == .groups {
      setGroup(entry.rows, name: list.kind == .groups ? entry.text : "", &state)
    }
    let concept = Int(state.explore.conceptOfRow[row])
    state.explore.hidden.remove(concept)
    if state.explore.search.map({ !$0.matches[row] }) ?? false { state.explore.search = nil }
    move(to: row, &state.explore)
  }

  private static func delete(_ state: inout ExploreState) {
    guard let list = state.list, list.entries.indices.contains(list.index) else { return }
    switch list.kind {
    case .bookmarks: state.bookmarks.remove(at: list.index)
    case .groups:
      if list.index < state.groups.count {
        state.groups.remove(at: list.index)
      } else {
        state.group = nil
      }
    case .outliers, .confusions: return
    }
    let entries = state.entries(list.kind)
    state.list?.entries = entries
    state.list?.marked = nil
    moveInList(0, &state)
  }

  /// Gives the group of the list its name; the selection becomes a group of its own.
  private static func name(_ state: inout ExploreState) {
    guard let typed = state.naming, let list = state.list else { return }
    state.naming = nil
    let name = String(typed.prefix(60))
    guard !name.isEmpty else { return }
    if state.groups.indices.contains(list.index) {
      state.groups[list.index].name = name
    } else if let group = state.group {
      state.groups.append(RowGroup(name: name, rows: group.rows))
      state.group = nil
    }
    let entries = state.entries(.groups)
    state.list?.entries = entries
  }

  private static func save(_ state: inout AppState) -> [Effect] {
    guard let list = state.explore.list, list.kind == .groups,
      state.explore.allGroups.indices.contains(list.index)
    else { return [] }
    let group = state.explore.allGroups[list.index]
    let isNamed = list.index < state.explore.groups.count
    let name = isNamed ? fileName(group.name) : "selection"
    let rows = state.explore.rows
    let text = RowGroup(name: isNamed ? group.name : "", rows: group.rows).csv {
      (rows[$0].text, rows[$0].concept)
    }.map(CSV.line).joined()
    return [.saveText("seer-\(name).csv", text)]
  }

  /// A name as part of a file's: letters and digits, the rest as hyphens.
  private static func fileName(_ name: String) -> String {
    var result = ""
    for scalar in name.lowercased().unicodeScalars {
      let isPlain = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
      if isPlain {
        result.unicodeScalars.append(scalar)
      } else if !result.hasSuffix("-") {
        result += "-"
      }
    }
    return result.isEmpty ? "group" : result
  }

  private static func bookmark(_ state: inout AppState) {
    guard let row = state.explore.cursor else { return }
    if let index = state.explore.bookmarks.firstIndex(of: row) {
      state.explore.bookmarks.remove(at: index)
      state.message = AppState.Message(text: "Row \(row) is no longer marked.", isError: false)
    } else {
      state.explore.bookmarks.append(row)
      state.message = AppState.Message(
        text: "Row \(row) is marked; i, Tab lists the bookmarks.", isError: false)
    }
  }
}
