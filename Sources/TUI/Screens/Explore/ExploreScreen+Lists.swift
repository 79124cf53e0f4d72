import SeerSupport

extension ExploreScreen {
  package static func open(_ kind: RowList.Kind, _ state: inout ExploreState) {
    state.list = RowList(kind: kind, entries: state.entries(kind))
  }

  static func moveInList(_ step: Int, _ state: inout ExploreState) {
    guard let list = state.list else { return }
    state.list?.index = max(0, min(list.entries.count - 1, list.index + step))
  }

  /// Goes to the entry's row; of a pair or a group, its rows become the selection.
  package static func go(_ state: inout AppState) {
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

  package static func delete(_ state: inout ExploreState) {
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
  package static func name(_ state: inout ExploreState) {
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

  package static func save(_ state: ExploreState) -> [Effect] {
    guard let list = state.list, list.kind == .groups,
      state.allGroups.indices.contains(list.index)
    else { return [] }
    let group = state.allGroups[list.index]
    let isNamed = list.index < state.groups.count
    let name = isNamed ? fileName(group.name) : "selection"
    let rows = state.rows
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

  static func bookmark(_ state: inout AppState) -> [Effect] {
    guard let row = state.explore.cursor else { return [.keepView] }
    if let index = state.explore.bookmarks.firstIndex(of: row) {
      state.explore.bookmarks.remove(at: index)
      state.message = AppState.Message(text: "Row \(row) is no longer marked.", isError: false)
    } else {
      state.explore.bookmarks.append(row)
      state.message = AppState.Message(
        text: "Row \(row) is marked; i, Tab lists the bookmarks.", isError: false)
    }
    return [.keepView]
  }
}
