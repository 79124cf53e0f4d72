import SeerApp

extension ExploreScreen {
  package static func play(_ state: inout ExploreState) -> [Effect] {
    if state.walk.play != nil { return stopPlaying(&state) }
    let last = state.run.layers.count - 1
    state.walk.play = Play(direction: state.layer == last ? -1 : 1)
    return []
  }

  /// Ends the walk where it is.
  static func stopPlaying(_ state: inout ExploreState) -> [Effect] {
    state.walk.play = nil
    state.walk.morph = nil
    return []
  }

  /// The next frame.
  package static func tick(_ state: inout ExploreState) -> [Effect] {
    guard var play = state.walk.play, !play.isPaused else { return [] }
    var next = state.layer + play.direction
    if !state.run.layers.indices.contains(next) {
      play.direction = -play.direction
      next = state.layer + play.direction
    }
    defer { state.walk.play = play }
    guard state.run.layers.indices.contains(next) else { return [] }
    // Waits for a map that is still being computed.
    guard let from = state.chart.maps[state.layer].map, let to = state.chart.maps[next].map,
      from.points.count == to.points.count
    else {
      play.frame = min(play.frame, Play.stillFrames)
      return []
    }
    play.frame += 1
    let glide = play.frame - Play.stillFrames
    guard glide > 0 else { return [] }
    if glide >= Play.glideFrames {
      play.frame = 0
      state.walk.morph = nil
      return state.show(layer: next)
    }
    let share = Float(glide) / Float(Play.glideFrames)
    // Slow at both ends.
    let eased = share * share * (3 - 2 * share)
    state.walk.morph = Morph(
      from: state.layer, to: next, points: from.points.glided(to: to.points, eased))
    return []
  }
}
