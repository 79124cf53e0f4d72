import SeerApp
import SeerRuns

extension ExploreScreen {
  /// Another way to colour rows; its name.
  static func turnColors(_ state: inout ExploreState, by step: Int) -> String {
    let modes = ColorMode.all(state)
    let index = modes.firstIndex(of: state.look.colorMode) ?? 0
    state.look.colorMode = modes[(index + step + modes.count) % modes.count]
    return "colour: \(state.look.colorMode.name(state))"
  }

  /// Colours rows by the expert of the layer that weighs most for them, or again by concept; says
  /// what was done, or why it could not be.
  static func turnExperts(_ state: inout AppState) {
    let explore = state.explore
    guard !explore.run.routedLayers.isEmpty else {
      state.message = AppState.Message(
        text: "This run keeps no routing: extract a mixture of experts with --routing.",
        isError: true)
      return
    }
    guard explore.look.colorMode != .expert else {
      state.explore.look.colorMode = .concept
      state.message = AppState.Message(text: "colour: concept", isError: false)
      return
    }
    state.explore.look.colorMode = .expert
    state.message = AppState.Message(
      text: explore.isRouted
        ? "colour: the expert that weighs most"
        : "Layer \(explore.layerNumber) has no router; layers with one: "
          + Run.described(explore.run.routedLayers),
      isError: false)
  }
}
