import SeerFigures
import SeerProjection

extension Command {
  /// Rows, searches, concepts, groups and the view; Compare shares what both maps have.
  package static let explore: [Command] = [
    Command(
      .nextPoint, ["j", "Down"], .points, in: [.map, .compare], "Next row", hint: "point",
      when: hasRows),
    Command(
      .previousPoint, ["k", "Up"], .points, in: [.map, .compare], "Previous row", hint: "point",
      when: hasRows),
    Command(
      .pointUp, ["w"], .points, in: [.map, .compare], "Nearest point above", hint: "walk",
      when: hasRows),
    Command(
      .pointLeft, ["a"], .points, in: [.map, .compare], "Nearest point left", hint: "walk",
      when: hasRows),
    Command(
      .pointDown, ["s"], .points, in: [.map, .compare], "Nearest point below", hint: "walk",
      when: hasRows),
    Command(
      .pointRight, ["d"], .points, in: [.map, .compare], "Nearest point right", hint: "walk",
      when: hasRows),
    Command(.nextOfConcept, ["."], .points, "Next row of the concept", when: hasRows),
    Command(.previousOfConcept, [","], .points, "Previous row of the concept", when: hasRows),
    Command(
      .textDown, ["PageDown", "Ctrl-d"], .points, in: [.map, .concepts], "Scroll the text down",
      when: hasRows),
    Command(
      .textUp, ["PageUp", "Ctrl-u"], .points, in: [.map, .concepts], "Scroll the text up",
      when: hasRows),
    Command(
      .neighbours, ["b"], .points, in: [.map], "Mark the nearest rows on the map",
      hint: "neighbours", when: hasRows),
    Command(
      .metric, ["u"], .points, in: [.map], "Neighbours by cosine, or by Euclidean distance",
      when: hasRows),
    Command(
      .bookmark, ["B"], .points, in: [.map], "Bookmark the row, or take its bookmark off",
      when: hasRows),

    Command(
      .search, ["/"], .search, "Search texts and concepts", hint: "search", when: hasRows),
    Command(
      .nextMatch, ["n"], .search, "Next row found", hint: "found",
      when: { $0.explore.search != nil }),
    Command(
      .previousMatch, ["N"], .search, "Previous row found", hint: "found",
      when: { $0.explore.search != nil }),
    Command(
      .clearSearch, ["Esc"], .search, in: [.map, .compare],
      "End the search, the walk or the selection",
      hint: "end",
      when: {
        $0.explore.search != nil || $0.explore.play != nil || $0.explore.group != nil
      }),
    Command(
      .searchHides, ["F"], .search, "Hide or dim what was not found", hint: "filter",
      when: { $0.explore.search != nil }),
    Command(.acceptSearch, ["Enter"], .search, in: [.search], "Keep the search", hint: "keep"),
    Command(
      .searchExpression, ["Ctrl-r"], .search, in: [.search], "Regular expression, or words",
      hint: "expression"),
    Command(
      .typedSearchHides, ["Tab"], .search, in: [.search], "Hide or dim what was not found",
      hint: "filter"),
    Command(.cancelSearch, ["Esc", "Ctrl-g"], .search, in: [.search], "End it", hint: "end"),

    Command(
      .conceptDown, ["j", "Down"], .concepts, in: [.concepts], "Move down the list", hint: "move"),
    Command(
      .conceptUp, ["k", "Up"], .concepts, in: [.concepts], "Move up the list", hint: "move"),
    Command(
      .conceptToggle, ["Space"], .concepts, in: [.concepts], "Hide or show the concept",
      hint: "hide/show"),
    Command(
      .conceptOnly, ["Enter"], .concepts, in: [.concepts], "Only this concept, or all",
      hint: "only"),
    Command(
      .toggleConcept, ["1", "2", "3", "4", "5", "6", "7", "8", "9"], .concepts,
      "Hide or show by number", hint: "hide", when: hasConcepts),
    Command(
      .onlyConcept, ["o"], .concepts, in: [.map, .compare], "Only the cursor's concept, or all",
      hint: "only", when: hasConcepts),
    Command(
      .showAll, ["0"], .concepts, "Show all concepts", hint: "all",
      when: { !$0.explore.hidden.isEmpty }),
    Command(
      .focusConcepts, ["Tab"], .concepts, in: [.map], "Go to the list of concepts",
      hint: "concepts", when: hasConcepts),
    Command(
      .leaveConcepts, ["Esc", "Tab"], .concepts, in: [.concepts], "Back to the map", hint: "map"),

    Command(
      .select, ["v"], .groups, in: [.map], "Select rows on the map", hint: "select",
      when: hasRows),
    Command(
      .nextOfGroup, [")"], .groups, in: [.map], "Next row selected",
      when: { $0.explore.group != nil }),
    Command(
      .previousOfGroup, ["("], .groups, in: [.map], "Previous row selected",
      when: { $0.explore.group != nil }),
    Command(
      .groups, ["S"], .groups, in: [.map], "Groups: name, compare, save", hint: "groups",
      when: { !$0.explore.allGroups.isEmpty }),
    Command(
      .lists, ["i"], .groups, in: [.map], "Lists: outliers, confusions, bookmarks, groups",
      hint: "lists", when: hasRows),
    Command(
      .selectLeft, ["h", "Left", "H", "Shift-Left"], .groups, in: [.select],
      "Left; with Shift five at a time", hint: "move"),
    Command(
      .selectDown, ["j", "Down", "J", "Shift-Down"], .groups, in: [.select], "Down", hint: "move"),
    Command(.selectUp, ["k", "Up", "K", "Shift-Up"], .groups, in: [.select], "Up", hint: "move"),
    Command(
      .selectRight, ["l", "Right", "L", "Shift-Right"], .groups, in: [.select], "Right",
      hint: "move"),
    Command(
      .selectAnchor, ["Space"], .groups, in: [.select], "Begin from here", hint: "begin here"),
    Command(.selectShape, ["v"], .groups, in: [.select], "Box, or freehand", hint: "box/freehand"),
    Command(
      .acceptSelection, ["Enter"], .groups, in: [.select], "Select what is inside", hint: "select"),
    Command(.cancelSelection, ["Esc"], .groups, in: [.select], "Give it up", hint: "give up"),
    Command(.listDown, ["j", "Down"], .groups, in: [.list], "Down the list", hint: "move"),
    Command(.listUp, ["k", "Up"], .groups, in: [.list], "Up the list", hint: "move"),
    Command(.listGo, ["Enter"], .groups, in: [.list], "Go to the row", hint: "go"),
    Command(.listNext, ["Tab"], .groups, in: [.list], "Next list", hint: "next list"),
    Command(
      .nameGroup, ["n"], .groups, in: [.list], "Name the group", hint: "name", when: isGroups),
    Command(
      .markGroup, ["Space"], .groups, in: [.list], "Compare the group with others",
      hint: "compare", when: isGroups),
    Command(
      .saveGroup, ["s"], .groups, in: [.list], "Save the group as a concept file", hint: "save",
      when: isGroups),
    Command(
      .deleteEntry, ["d"], .groups, in: [.list], "Remove the bookmark or the group",
      hint: "remove", when: { isGroups($0) || $0.explore.list?.kind == .bookmarks }),
    Command(.closeList, ["Esc", "i", "q"], .groups, in: [.list], "Close the list", hint: "close"),
    Command(.acceptName, ["Enter"], .groups, in: [.naming], "Keep the name", hint: "keep"),
    Command(.cancelName, ["Esc", "Ctrl-g"], .groups, in: [.naming], "Leave it", hint: "leave"),

    Command(
      .zoomIn, ["+", "="], .view, in: [.map, .compare], "Zoom in on the cursor", hint: "zoom",
      when: hasRows),
    Command(.zoomOut, ["-"], .view, in: [.map, .compare], "Zoom out", hint: "zoom", when: hasRows),
    Command(
      .fit, ["f", "_"], .view, "Fit the whole map", hint: "fit", when: { $0.explore.view != .whole }
    ),
    Command(
      .panLeft, ["H", "Shift-Left"], .view, in: [.map, .compare], "Move the view left",
      when: hasRows),
    Command(
      .panDown, ["J", "Shift-Down"], .view, in: [.map, .compare], "Move the view down",
      when: hasRows),
    Command(
      .panUp, ["K", "Shift-Up"], .view, in: [.map, .compare], "Move the view up", when: hasRows),
    Command(
      .panRight, ["L", "Shift-Right"], .view, in: [.map, .compare], "Move the view right",
      when: hasRows),
    Command(
      .marks, ["m"], .view, "Marks: automatic, glyphs, dots, density", hint: "marks",
      when: hasRows),
    Command(
      .colors, ["c"], .view, "Colour by concept, prediction, right or wrong, numbers",
      hint: "colour", when: hasRows),
    Command(.previousColors, ["C"], .view, "The colouring before", when: hasRows),
  ]
}
