import SeerApp
import SeerProjection
import SeerReports
import SeerWidgets

/// The map, its rows or the layer's states as a file, with a recipe beside it.
extension ExploreScreen {
  static let exportCommands: [Command] = [
    Command(
      "export", ["X"], .program, in: [.map, .concepts],
      "Export rows, states or the map's picture", hint: "export", when: hasRows,
      do: { state, _ in beginExport(&state) }),
    Command(
      "acceptExport", ["Enter"], .program, in: [.exporting],
      "Write it; over a file that is there at the second time", hint: "write",
      do: { state, _ in accept(&state) }),
    Command(
      "nextFormat", ["Tab"], .program, in: [.exporting], "Next format: \(ExportFormat.names)",
      hint: "format",
      do: change { explore in
        explore.export.asked = explore.export.asked.map { Exporting(path: withNextEnding($0.path)) }
      }),
    Command(
      "cancelExport", ["Esc", "Ctrl-g"], .program, in: [.exporting], "Leave it", hint: "leave",
      do: change { $0.export.asked = nil }),
  ]

  private static func beginExport(_ state: inout AppState) -> [Effect] {
    // What moves by itself would be written in the middle of its way.
    state.explore.walk.play = nil
    state.explore.walk.morph = nil
    guard let map = state.explore.exportedMap else {
      state.message = AppState.Message(
        text: "The map of this layer is not there yet.", isError: true)
      return []
    }
    state.explore.export.asked = Exporting(
      path: "seer-layer-\(state.explore.layerNumber)-\(map.method).csv")
    return []
  }

  private static func withNextEnding(_ path: String) -> String {
    guard let format = ExportFormat(path: path), let dot = path.lastIndex(of: ".") else {
      return path + ".csv"
    }
    return path[..<dot] + "." + format.next.rawValue
  }

  private static func accept(_ state: inout AppState) -> [Effect] {
    guard let exporting = state.explore.export.asked else { return [] }
    guard let format = ExportFormat(path: exporting.path) else {
      state.message = AppState.Message(
        text: "The name must end in one of \(ExportFormat.names): Tab chooses.", isError: true)
      return []
    }
    guard let map = state.explore.exportedMap else { return [] }
    let request = ExportRequest(
      path: exporting.path, format: format, layer: state.explore.layerNumber, map: map,
      overwrites: exporting.existing != nil)
    return [.export(request)]
  }

  package static func receive(_ state: inout AppState, _ event: ExportEvent) {
    switch event {
    case .exists(let file): state.explore.export.asked?.existing = file
    case .begun:
      state.explore.export.writing = state.explore.export.asked
      state.explore.export.asked = nil
      state.explore.export.isRunning = true
      state.message = AppState.Message(text: "Writing", isError: false)
    case .finished(.success(let result)):
      state.explore.export.isRunning = false
      state.message = AppState.Message(
        text: "Wrote \(result.output), \(Numbers.grouped(result.rows)) rows; how it was made is in "
          + "its .recipe.json", isError: false)
    case .finished(.failure(let problem)):
      state.explore.export.isRunning = false
      // The name is there to be corrected; a warning about its file was heard.
      state.explore.export.asked = state.explore.export.writing.map { Exporting(path: $0.path) }
      state.message = AppState.Message(text: problem.text, isError: true)
    }
  }
}

extension ExploreState {
  /// What the screen colours rows by, with the colours of light ground: pictures are white. Nil where
  /// that is their concept.
  private var exportedColors: MapColors? {
    let painting = painted
    let names: [String]
    var colors: [Int: UInt32] = [:]
    switch painting.inputs.mode {
    case .concept: return nil
    case .predicted:
      names = run.concepts.map { $0.name.isEmpty ? "(no concept)" : $0.name } + ["not judged"]
      colors[run.concepts.count] = Theme.paleOnLight
    case .rightWrong:
      names = ["right", "wrong", "not judged"]
      colors = [0: 0x007F5F, 1: 0xAF0000, 2: Theme.paleOnLight]
    case .expert:
      let experts = painting.inputs.experts?.experts ?? []
      names = experts.map { "expert \($0.id)" } + ["none"]
      colors[experts.count] = Theme.paleOnLight
    case .number:
      let range = painting.range ?? 0...0
      let step = (range.upperBound - range.lowerBound) / Float(Painting.steps)
      names =
        (0..<Painting.steps).map {
          let low = range.lowerBound + Float($0) * step
          return "\(Numbers.short(low)) to \(Numbers.short(low + step))"
        } + ["none"]
      for group in 0..<Painting.steps {
        colors[group] = Theme.stepOnLight(group, of: Painting.steps)
      }
      colors[Painting.steps] = Theme.paleOnLight
    }
    return MapColors(
      groups: run.rows.indices.map { Int(painting.group($0)) }, names: names, colors: colors)
  }

  /// The rows that are neither hidden nor left out by a search, with their places on the current
  /// layer's map; nil until that is there.
  var exportedMap: ExportedMap? {
    guard chart.shownLayer == layer, chart.maps.indices.contains(layer),
      let layerMap = chart.maps[layer].map,
      let shownPoints, shownPoints.count == run.rows.count
    else { return nil }
    var map = ExportedMap(
      points: run.rows.indices.map { isVisible($0) && isMatch($0) ? shownPoints[$0] : nil },
      method: "pca")
    map.colors = exportedColors
    if map.colors != nil { map.settings["coloured by"] = look.colorMode.name(self) }
    if let embedding {
      map.method = embedding.kind.layout.layout.name
      map.seed = embedding.settings.seed
      map.settings.merge(embedding.recipe) { $1 }
      return map
    }
    switch layerMap.axes {
    case .components(let x, let y): map.settings["components"] = "\(x + 1) and \(y + 1)"
    case .concepts(let x, let y):
      map.method = "concepts"
      let second = run.concepts.count > 2 ? run.concepts[y].name : "the first component"
      map.settings["axes"] = "\(run.concepts[x].name) and \(second)"
    case .chosen(let axes):
      map.method = AxesLayout().name
      map.settings["axes"] = axes.title(run.concepts.map(\.name))
    }
    return map
  }
}
