import SeerApp
import SeerPromptScreen
import SeerScreens
import Testing

/// The guided tour: each step is done with its own keys.
@Suite struct TourTests {
  private static let keys: [[String]] = [
    ["Enter"], ["j"], ["d"], ["l"], ["*"], ["P"], ["c"], ["/", "p", "o", "Enter"], ["Esc", "Esc"],
    ["i", "Tab", "Enter"], ["v", "Space", "L", "Enter"], ["p"], ["W"], ["F3"], ["Tab"], ["t"],
    ["F4"], ["h", "i", "Esc"], ["F5"], ["Up"], ["F6"], ["F2"],
  ]

  @Test func itsKeysLeadThroughIt() throws {
    var state = Fixture.compare(110, 30)
    state[PromptState.self] = Fixture.prompt(110, 30).prompt
    state.train = Fixture.form(110, 30).train
    state.screen = .explore
    state = state.after("T")
    try expectSnapshot(render(state), "tour")
    #expect(Self.keys.count == Tour.steps.count)
    for (step, keys) in Self.keys.enumerated() {
      #expect(state.explore.tour?.step == step)
      if [14, 17, 19, 21].contains(step) {
        try expectSnapshot(render(state), "tour-\(state.screen.name)")
      }
      for key in keys { state = state.after(key) }
    }
    #expect(state.explore.tour == nil && state.screen == .explore)
  }

  /// Steps of screens that have nothing to show are passed over.
  @Test func whatIsNotThereIsPassedOver() {
    var state = Fixture.app(80, 24)
    state.explore.tour = Tour(step: 12)
    state = state.after("W")
    let step = state.explore.tour?.current
    #expect(step?.screen == .start && step?.commands == ["showStart"])
    #expect(state.after("F6", "F2").explore.tour == nil)
  }

  /// What a step asks for can be done there, by the keys of the table.
  @Test func everyStepCanBeDone() {
    for step in Tour.steps {
      for id in step.commands {
        #expect(Screens.registry.commands.contains { $0.id == id && !$0.keys.isEmpty }, "\(id)")
      }
    }
    #expect(Fixture.app(80, 24).after("T", "T").explore.tour == nil)
  }

  @Test(arguments: [(80, 24), (40, 12), (60, 20)]) func everyStepFits(width: Int, height: Int) {
    for step in Tour.steps.indices {
      var state = Fixture.app(width, height)
      state.explore.tour = Tour(step: step)
      let last = Tour.steps[step].text.split(separator: " ").last.map(String.init) ?? ""
      #expect(width < 60 || render(state).text.contains(last), "step \(step) is cut")
    }
  }
}
