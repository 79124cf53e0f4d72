import SeerScreens
import Testing

/// The guided tour: each step is done with its own keys.
@Suite struct TourTests {
  @Test func itsKeysLeadThroughIt() throws {
    var state = Fixture.compare(110, 30)
    state.screen = .explore
    state = state.after("T")
    try expectSnapshot(render(state), "tour")
    let keys: [[String]] = [
      ["Enter"], ["j"], ["d"], ["l"], ["*"], ["P"], ["c"], ["/", "p", "o", "Enter"],
      ["Esc", "Esc"],
      ["i", "Tab", "Enter"], ["v", "Space", "L", "Enter"], ["p"], ["W"], ["F3"], ["F2"], ["F6"],
      ["F2"],
      ["Enter"],
    ]
    #expect(keys.count == Tour.steps.count)
    for (step, keys) in keys.enumerated() {
      #expect(state.explore.tour?.step == step)
      if state.screen == .compare { try expectSnapshot(render(state), "tour-compare") }
      for key in keys { state = state.after(key) }
    }
    #expect(state.explore.tour == nil)
  }

  /// What a step asks for can be done there, by the keys of the table.
  @Test func everyStepCanBeDone() {
    for step in Tour.steps {
      for id in step.commands {
        #expect(Command.all.contains { $0.id == id && !$0.keys.isEmpty }, "\(id)")
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
