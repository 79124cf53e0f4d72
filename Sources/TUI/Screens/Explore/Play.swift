/// A walk through the layers by itself, each map gliding into the next.
///
/// It goes by frames, not by the clock: the same frames show the same screens.
package struct Play: Equatable, Sendable {
  /// 1 towards the last layer, -1 back.
  package var direction = 1
  package var isPaused = false
  /// Frames since the layer was reached.
  package var frame = 0

  /// Frames a map stands still, and frames it takes to become the next.
  package static let stillFrames = 12
  package static let glideFrames = 18
  static let frameTime = Duration.milliseconds(33)
}

/// A map on its way from one layer to another.
package struct Morph: Equatable, Sendable {
  package var from: Int
  package var to: Int
  package var points: [SIMD2<Float>]
}

/// A walk on its way, and the map between two layers.
package struct LayerWalk: Sendable {
  package var play: Play?
  package var morph: Morph?
}

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
      return show(layer: next, &state)
    }
    let share = Float(glide) / Float(Play.glideFrames)
    // Slow at both ends.
    let eased = share * share * (3 - 2 * share)
    state.walk.morph = Morph(
      from: state.layer, to: next, points: from.points.glided(to: to.points, eased))
    return []
  }
}

extension ExploreState {
  /// How soon it wants to change by itself.
  package var tick: Duration? { walk.play.map { !$0.isPaused } ?? false ? Play.frameTime : nil }
}
