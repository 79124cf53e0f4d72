import SeerApp
import SeerProjection

extension ExploreScreen {
  /// Layers and what their maps are drawn by, on Explore and Compare.
  static let layerCommands: [Command] = [
    Command(
      "previousLayer", ["h", "Left"], .layers, in: .maps, "Previous layer", hint: "layer",
      when: hasLayers, do: ask { $0.show(layer: $0.layer - 1) }),
    Command(
      "nextLayer", ["l", "Right"], .layers, in: .maps, "Next layer", hint: "layer",
      when: hasLayers, do: ask { $0.show(layer: $0.layer + 1) }),
    Command(
      "firstLayer", ["g", "Home"], .layers, in: .maps, "First layer", when: hasLayers,
      do: ask { $0.show(layer: 0) }),
    Command(
      "lastLayer", ["G", "End"], .layers, in: .maps, "Last layer", when: hasLayers,
      do: ask { $0.show(layer: $0.run.layers.count - 1) }),
    Command(
      "bestLayer", ["*"], .layers, in: .maps, "The layer the strip marks as best", hint: "best",
      when: { $0.explore.run.layers.count > 1 && $0.explore.bestLayer != nil },
      do: ask { explore in explore.bestLayer.map { explore.show(layer: $0) } ?? [] }),
    Command(
      "stripMetric", ["y"], .layers, in: .maps, "Figure of the layer strip", when: hasConcepts,
      do: say {
        $0.figures.stripMetric = $0.figures.stripMetric.next
        return "strip: \($0.figures.stripMetric.rawValue)"
      }),
    Command(
      "projection", ["p"], .layers, in: .maps, "Projection: \(methods)", hint: "projection",
      when: hasRows, do: { state, _ in changeMethod(&state) }),
    Command(
      "pause", ["Space"], .layers, in: [.map, .compare],
      "Pause or resume the map, or the walk",
      word: { isPaused($0) ? "go on" : "pause" },
      when: { $0.running != nil || $0.explore.walk.play != nil }, do: ask(pause)),
    Command(
      "play", ["P"], .layers, in: [.map], "Walk through the layers, or stop",
      when: { hasLayers($0) && hasRows($0) && $0.explore.growingKind == nil }, do: ask(play)),
    Command(
      "nextAxes", ["]"], .layers, in: [.map, .concepts],
      "Next pair of components, or concept of the x axis", when: hasAxes,
      do: ask { changeAxes(&$0) { turnAxes(&$0, axis: 0, by: 1) } }),
    Command(
      "previousAxes", ["["], .layers, in: [.map, .concepts],
      "Previous pair of components, or concept of the y axis", when: hasAxes,
      do: ask { changeAxes(&$0) { turnAxes(&$0, axis: 1, by: -1) } }),
    Command(
      "conceptAxes", ["A"], .layers, in: [.map, .concepts], "Concepts as axes, or components",
      when: hasConcepts, do: ask { changeAxes(&$0, toggleConceptAxes) }),
    Command(
      "axisDirections", ["D"], .layers, in: [.map, .concepts],
      "Concepts' axes: \(ConceptDirection.allCases.map(\.rawValue).joined(separator: ", "))",
      when: { $0.explore.chart.method == .concepts },
      do: ask { changeAxes(&$0, turnDirection) }),
    Command(
      "perplexityDown", ["{"], .layers, in: .maps, "Lower \(options), going on",
      word: option, when: { option($0) != nil }, do: ask { changeOption(by: 1 / 1.5, &$0) }),
    Command(
      "perplexityUp", ["}"], .layers, in: .maps, "Higher \(options), going on",
      word: option, when: { option($0) != nil }, do: ask { changeOption(by: 1.5, &$0) }),
    Command(
      "newSeed", ["r"], .layers, in: .maps, "Another seed for the map", hint: "new seed",
      when: { $0.growing?.layout.isSeeded ?? false }, do: { state, _ in newSeed(&state) }),
    Command(
      "mapOptions", ["O"], .layers, in: .maps, "Map options: \(turned)",
      when: { $0.growing?.layout.options.contains { $0.turnedOn != nil } ?? false },
      do: { state, _ in turnOptions(&state) }),
  ]

  /// Whether what could move by itself stands still.
  private static func isPaused(_ state: AppState) -> Bool {
    state.explore.walk.play?.isPaused ?? state.running?.isPaused ?? false
  }

  private static let hasAxes: Command.Condition = {
    hasRows($0) && $0.explore.growingKind == nil
  }

  /// What the layout in front lets keys change.
  private static let option: @Sendable (AppState) -> String? = { $0.growing?.option?.name }

  /// What keys turn on of all layouts.
  private static let turned: String = {
    var names: [String] = []
    for (option, _) in Layouts.options where option.turnedOn != nil {
      names.append("\(option.name) \(option.text(option.turnedOn ?? 0))")
    }
    return names.joined(separator: ", ")
  }()

  private static let methods = ([Layouts.standard.title] + Layouts.iterative.map(\.title))
    .joined(separator: ", ")

  /// What keys change of all layouts.
  private static let options: String = {
    var names: [String] = []
    for name in GrowingLayout.all.compactMap({ $0.option?.name }) where !names.contains(name) {
      names.append(name)
    }
    return names.joined(separator: " or ")
  }()
}
