import LinearAlgebra
import SeerApp
import SeerProjection
import SeerRuns
import SeerScreens
import SeerWidgets

/// A frame of the explorer and the difference of two, at 160 x 50, with 1,200 points.
enum Screens {
  static func run(_ runner: Runner) {
    var random = SeededGenerator(seed: 2)
    let rows = (0..<1200).map { index in
      RunRow(
        row: index, text: "The text of row \(index).", concept: "concept \(index % 6)", tokens: 9,
        split: "train")
    }
    let points = rows.map { _ in SIMD2(random.normal(), random.normal()) }
    var explore = ExploreState(
      RunSource(
        model: "model", concepts: "concepts", layers: Array(0...30), rows: rows,
        states: { _ in Matrix(rows: 0, columns: 0) }))
    let map = LayerMap(points: points, norms: rows.map { _ in 1 }, explained: [0.5, 0.25])
    for layer in 0...30 { explore.chart.maps[layer] = .ready(map) }
    var state = AppState(
      SeerScreens.Screens.registry, size: Size(width: 160, height: 50),
      theme: Theme(depth: .palette256, glyphs: .braille),
      explore: explore)
    runner.measure("frame, 160 x 50, 1,200 points") { _ = render(state) }
    let before = render(state)
    if let key = Key(name: "j") { _ = update(&state, .key(key)) }
    let after = render(state)
    runner.measure("difference of two frames") { _ = after.changes(from: before) }
  }
}
