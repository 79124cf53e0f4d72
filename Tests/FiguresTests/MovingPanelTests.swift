import Foundation
import SeerFigures
import Testing

/// A picture whose marks go from step to step.
@Suite struct MovingPanelTests {
  private func panel(_ steps: Int) -> MovingPanel {
    MovingPanel(
      title: "a <model>", subtitle: "three rows", groups: [0, 1, 1], groupNames: ["left", "right"],
      steps: (0..<steps).map {
        MovingPanel.Step(
          points: [SIMD2(-1, Float($0)), SIMD2(1, 0), SIMD2(1, -1)], caption: "layer \($0)")
      }, footer: ["made by a test"])
  }

  @Test func everyMarkGoesItsWay() {
    let text = panel(3).svg()
    // Three rows and two names; still, on the way, still: twice a step, the last one longer.
    let ways = text.components(separatedBy: "<animateTransform ").dropFirst()
    #expect(ways.count == 5)
    for way in ways {
      let values = way.components(separatedBy: "values=\"")[1].prefix { $0 != "\"" }
      #expect(values.split(separator: ";").count == 8)
      #expect(way.contains("dur=\"3500ms\""))
    }
    #expect(text.contains("a &lt;model&gt;") && text.contains("made by a test"))
    for layer in 0..<3 { #expect(text.contains(">layer \(layer)</text>")) }
    #expect(text.hasSuffix("</svg>\n"))
    #expect(text.components(separatedBy: "<g").count == text.components(separatedBy: "</g>").count)
  }

  /// The words of a step are there while its marks are nearer to it than to any other.
  @Test func captionsTakeTurns() {
    let text = panel(3).svg()
    #expect(text.contains("values=\"visible;hidden\" keyTimes=\"0;0.2143\""))
    #expect(text.contains("values=\"hidden;visible;hidden\" keyTimes=\"0;0.2143;0.5\""))
    #expect(text.contains("values=\"hidden;visible\" keyTimes=\"0;0.5\""))
  }

  /// The marks lie in the frame whatever the units are.
  @Test func placesAreInTheFrame() throws {
    var far = panel(2)
    for step in far.steps.indices {
      far.steps[step].points = far.steps[step].points.map { $0 * 1e6 }
    }
    #expect(far.svg() == panel(2).svg())
    let values = panel(2).svg().components(separatedBy: "values=\"").dropFirst().flatMap {
      $0.prefix { $0 != "\"" }.split(separator: ";")
    }
    for value in values where value.contains(",") {
      let place = value.split(separator: ",").compactMap { Double($0) }
      #expect(place.count == 2 && place.allSatisfy { (20...370).contains($0) }, "\(value)")
    }
  }

  @Test func oneStepStandsStill() {
    let text = panel(1).svg()
    #expect(!text.contains("attributeName=\"visibility\""))
    #expect(text.contains(">layer 0</text>"))
  }
}
