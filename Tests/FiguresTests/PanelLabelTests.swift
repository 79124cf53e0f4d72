import SeerFigures
import Testing

@Suite struct PanelLabelTests {
  @Test func mediansStandFarPointsAndLeaveOutWhatIsNotDrawn() {
    let panel = ScatterPanel(
      points: [
        SIMD2(0, 0), SIMD2(1, 2), SIMD2(900, 3), SIMD2(5, 5), SIMD2(.nan, 0), SIMD2(7, 7),
      ], groups: [0, 0, 0, 2, 2, -1])
    let medians = panel.medians()
    #expect(medians.map(\.group) == [0, 2])
    #expect(medians[0].point == SIMD2(1, 2) && medians[1].point == SIMD2(5, 5))
  }

  /// Twelve names at one point: those that find a place of their own, none over another.
  @Test func labelsDoNotLieOverEachOther() {
    var panel = ScatterPanel(points: [SIMD2(0, 0), SIMD2(1, 1)], groups: [0, 1])
    panel.labels = (0..<12).map { PanelLabel("name \($0)", at: SIMD2(0.5, 0.5), group: $0) }
    let grid = PanelGrid(
      title: "", rowTitles: [""],
      columns: [PanelColumn(title: "", panels: [panel], groupNames: ["a", "b"])])
    let heights = grid.picture().shapes.compactMap { shape -> Double? in
      guard case .text(let text, _, let y, _, _, _, _) = shape, text.hasPrefix("name") else {
        return nil
      }
      return y
    }.sorted()
    #expect(heights.count == 9)
    #expect(zip(heights, heights.dropFirst()).allSatisfy { $1 - $0 > 13.5 })
  }

  @Test func aLabelStaysOnItsPanel() {
    var picture = Picture(width: 400, height: 400)
    var labels = PanelLabels(x: 50, y: 50, side: 300)
    let name = String(repeating: "long ", count: 30)
    labels.draw(PanelLabel(name, at: .zero, group: 0), at: SIMD2(0.99, 0), on: &picture)
    labels.draw(PanelLabel("outside", at: .zero, group: 0), at: SIMD2(1.5, 0), on: &picture)
    guard case .line(let x1, _, let x2, _, _, _)? = picture.shapes.first else {
      Issue.record("nothing was drawn")
      return
    }
    #expect(x1 > 50 && x2 < 350 && picture.shapes.count == 2)
  }
}
