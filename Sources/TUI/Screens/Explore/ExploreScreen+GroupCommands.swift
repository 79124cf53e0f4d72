import SeerApp

extension ExploreScreen {
  /// Selecting rows on the map.
  static let groupCommands: [Command] = [
    Command(
      "select", ["v"], .groups, in: [.map], "Select rows on the map", hint: "select",
      when: hasRows,
      do: { state, _ in
        state.explore.panels.focus = .map
        state.explore.selection.selecting = Selecting(cursorCell(state))
        return []
      }),
    Command(
      "nextOfGroup", [")"], .groups, in: [.map], "Next row selected",
      when: { $0.explore.selection.group != nil }, do: change { stepInGroup(1, &$0) }),
    Command(
      "previousOfGroup", ["("], .groups, in: [.map], "Previous row selected",
      when: { $0.explore.selection.group != nil }, do: change { stepInGroup(-1, &$0) }),
    Command(
      "groups", ["S"], .groups, in: [.map], "Groups: name, compare, save", hint: "groups",
      when: { !$0.explore.selection.allGroups.isEmpty }, do: change { open(.groups, &$0) }),
    Command(
      "lists", ["i"], .groups, in: [.map], "Lists: outliers, confusions, bookmarks, groups",
      hint: "lists", when: hasRows, do: change { open(.outliers, &$0) }),
    Command(
      "nearestRows", ["I"], .groups, in: [.map], "The rows nearest to this one, to go to",
      when: { $0.explore.run.rows.count > 1 }, do: change { open(.nearest, &$0) }),
    Command(
      "selectLeft", ["h", "Left", "H", "Shift-Left"], .groups, in: [.select],
      "Left; with Shift five at a time", hint: "move",
      do: { state, key in moveSelection(-1, 0, key, &state) }),
    Command(
      "selectDown", ["j", "Down", "J", "Shift-Down"], .groups, in: [.select], "Down",
      hint: "move", do: { state, key in moveSelection(0, 1, key, &state) }),
    Command(
      "selectUp", ["k", "Up", "K", "Shift-Up"], .groups, in: [.select], "Up", hint: "move",
      do: { state, key in moveSelection(0, -1, key, &state) }),
    Command(
      "selectRight", ["l", "Right", "L", "Shift-Right"], .groups, in: [.select], "Right",
      hint: "move", do: { state, key in moveSelection(1, 0, key, &state) }),
    Command(
      "selectAnchor", ["Space"], .groups, in: [.select], "Begin from here", hint: "begin here",
      do: change { explore in
        explore.selection.selecting = explore.selection.selecting.map {
          Selecting($0.end, shape: $0.shape)
        }
      }),
    Command(
      "selectShape", ["v"], .groups, in: [.select], "Box, or freehand", hint: "box/freehand",
      do: change { explore in
        explore.selection.selecting = explore.selection.selecting.map {
          Selecting($0.end, shape: $0.shape == .box ? .freehand : .box)
        }
      }),
    Command(
      "acceptSelection", ["Enter"], .groups, in: [.select], "Select what is inside",
      hint: "select",
      do: { state, _ in
        finishSelection(&state)
        return []
      }),
    Command(
      "cancelSelection", ["Esc"], .groups, in: [.select], "Give it up", hint: "give up",
      do: change { $0.selection.selecting = nil }),
  ]

  /// In the lists of rows and of groups.
  static let listCommands: [Command] = [
    Command(
      "listDown", ["j", "Down"], .groups, in: [.list], "Down the list", hint: "move",
      do: change { moveInList(1, &$0) }),
    Command(
      "listUp", ["k", "Up"], .groups, in: [.list], "Up the list", hint: "move",
      do: change { moveInList(-1, &$0) }),
    Command(
      "listGo", ["Enter"], .groups, in: [.list], "Go to the row", hint: "go",
      do: { state, _ in
        go(&state)
        return []
      }),
    Command(
      "listNext", ["Tab"], .groups, in: [.list], "Next list", hint: "next list",
      do: change { if let kind = $0.lists.open?.kind { open(kind.next, &$0) } }),
    Command(
      "nameGroup", ["n"], .groups, in: [.list], "Name the group", hint: "name", when: isGroups,
      do: change {
        guard let list = $0.lists.open, list.kind == .groups, !list.entries.isEmpty else { return }
        $0.selection.naming = ""
      }),
    Command(
      "markGroup", ["Space"], .groups, in: [.list], "Compare the group with others",
      hint: "compare", when: isGroups,
      do: change {
        guard let list = $0.lists.open, list.kind == .groups, !list.entries.isEmpty else { return }
        $0.lists.open?.marked = list.marked == list.index ? nil : list.index
      }),
    Command(
      "saveGroup", ["s"], .groups, in: [.list], "Save the group as a concept file", hint: "save",
      when: isGroups, do: ask { save($0) }),
    Command(
      "deleteEntry", ["d"], .groups, in: [.list], "Remove the bookmark or the group",
      hint: "remove", when: { isGroups($0) || $0.explore.lists.open?.kind == .bookmarks },
      do: ask {
        delete(&$0)
        return [.keepView]
      }),
    Command(
      "closeList", ["Esc", "i", "q"], .groups, in: [.list], "Close the list", hint: "close",
      do: change(close)),
    Command(
      "acceptName", ["Enter"], .groups, in: [.naming], "Keep the name", hint: "keep",
      do: ask {
        name(&$0)
        return [.keepView]
      }),
    Command(
      "cancelName", ["Esc", "Ctrl-g"], .groups, in: [.naming], "Leave it", hint: "leave",
      do: change { $0.selection.naming = nil }),
  ]

  private static let isGroups: Command.Condition = {
    $0.explore.lists.open?.kind == .groups && !$0.explore.selection.allGroups.isEmpty
  }
}
