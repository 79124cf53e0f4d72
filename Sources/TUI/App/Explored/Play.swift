/// A walk through the layers by itself, each map gliding into the next.
///
/// It goes by frames, not by the clock: the same frames show the same screens.
package struct Play: Equatable, Sendable {
  /// 1 towards the last layer, -1 back.
  package var direction: Int
  package var isPaused = false
  /// Frames since the layer was reached.
  package var frame = 0

  package init(direction: Int = 1) { self.direction = direction }

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

  package init(from: Int, to: Int, points: [SIMD2<Float>]) {
    self.from = from
    self.to = to
    self.points = points
  }
}

/// A walk on its way, and the map between two layers.
package struct LayerWalk: Sendable {
  package var play: Play?
  package var morph: Morph?
}

extension ExploreState {
  /// How soon it wants to change by itself.
  package var tick: Duration? { walk.play.map { !$0.isPaused } ?? false ? Play.frameTime : nil }
}
