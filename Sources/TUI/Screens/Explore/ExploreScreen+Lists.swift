import SeerApp
import SeerSupport

extension ExploreScreen {
  package static func open(_ kind: RowList.Kind, _ state: inout ExploreState) {
    let origin = state.lists.open?.origin ?? state.cursor
    keepPlace(&state)
    // Of the row that was looked at, not of the one that another list leads to.
    if kind == .nearest, let origin { state.move(to: origin) }
    var list = RowList(kind: kind, entries: state.entries(kind), origin: origin)
    list.of = kind == .nearest ? origin : nil
    list.index = max(0, min(list.entries.count - 1, state.lists.places[kind] ?? 0))
    if kind == .nearest { list.index = 0 }
    state.lists.open = list
    state.preview()
  }

  private static func keepPlace(_ state: inout ExploreState) {
    if let list = state.lists.open { state.lists.places[list.kind] = list.index }
  }

  /// Closes the list; the cursor is back where it was.
  static func close(_ state: inout ExploreState) {
    guard let list = state.lists.open else { return }
    keepPlace(&state)
    state.lists.open = nil
    if let origin = list.origin { state.move(to: origin) }
  }

  static func moveInList(_ step: Int, _ state: inout ExploreState) {
    guard let list = state.lists.open else { return }
    state.lists.open?.index = max(0, min(list.entries.count - 1, list.index + step))
    state.preview()
  }

  /// Goes to the entry's row; of a pair or a group, its rows become the selection.
  package static func go(_ state: inout AppState) {
    guard let list = state.explore.lists.open, list.entries.indices.contains(list.index),
      let row = list.entries[list.index].rows.first
    else { return }
    let entry = list.entries[list.index]
    keepPlace(&state.explore)
    state.explore.lists.open = nil
    if list.kind == .confusions || list.kind == .groups {
      setGroup(entry.rows, name: list.kind == .groups ? entry.text : "", &state)
    }
    jump(to: row, &state.explore, from: list.origin)
  }

  package static func delete(_ state: inout ExploreState) {
    guard let list = state.lists.open, list.entries.indices.contains(list.index) else { return }
    switch list.kind {
    case .bookmarks: state.lists.bookmarks.remove(at: list.index)
    case .groups:
      if list.index < state.selection.groups.count {
        state.selection.groups.remove(at: list.index)
      } else {
        state.selection.group = nil
      }
    case .outliers, .confusions, .nearest: return
    }
    let entries = state.entries(list.kind)
    state.lists.open?.entries = entries
    state.lists.open?.marked = nil
    moveInList(0, &state)
  }

  /// Gives the group of the list its name; the selection becomes a group of its own.
  package static func name(_ state: inout ExploreState) {
    guard let typed = state.selection.naming, let list = state.lists.open else { return }
    state.selection.naming = nil
    let name = String(typed.prefix(60))
    // Nothing typed leaves the name as it is.
    guard !name.isEmpty else { return }
    if state.selection.groups.indices.contains(list.index) {
      state.selection.groups[list.index].name = name
    } else if let group = state.selection.group {
      state.selection.groups.append(RowGroup(name: name, rows: group.rows))
      state.selection.group = nil
    }
    let entries = state.entries(.groups)
    state.lists.open?.entries = entries
  }

  package static func save(_ state: ExploreState) -> [Effect] {
    guard let list = state.lists.open, list.kind == .groups,
      state.selection.allGroups.indices.contains(list.index)
    else { return [] }
    let group = state.selection.allGroups[list.index]
    let isNamed = list.index < state.selection.groups.count
    let name = isNamed ? fileName(group.name) : "selection"
    let rows = state.run.rows
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
    if let index = state.explore.lists.bookmarks.firstIndex(of: row) {
      state.explore.lists.bookmarks.remove(at: index)
      state.message = AppState.Message(text: "Row \(row) is no longer marked.", isError: false)
    } else {
      state.explore.lists.bookmarks.append(row)
      state.message = AppState.Message(
        text: "Row \(row) is marked; i, Tab lists the bookmarks.", isError: false)
    }
    return [.keepView]
  }
}
