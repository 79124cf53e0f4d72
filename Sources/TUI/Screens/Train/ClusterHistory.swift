import SeerApp
import SeerProjection
import SeerWidgets

/// The way the clusters of a training went, judgement by judgement, as far as it was seen or kept.
package struct ClusterHistory: Sendable {
  /// The held-out rows before the first step and at a step, on the same axes.
  package struct Frame: Equatable, Sendable {
    package var step: Int
    package var map: PairMap
    /// What the map is fitted by.
    let bounds: WorldBounds?

    package init(step: Int, map: PairMap) {
      self.step = step
      self.map = map
      bounds = .ofMap(map.points)
    }
  }

  /// A replay by itself: between which two frames it is, and for how many ticks.
  package struct Play: Equatable, Sendable {
    package var index = 0
    package var tick = 0

    /// Ticks that a map stands still, and that it takes to become the next.
    package static let stillTicks = 4
    package static let glideTicks = 12
  }

  /// By their steps, ascending.
  package private(set) var frames: [Frame] = []
  /// The frame that is looked at; nil: the last one, whatever comes.
  package private(set) var index: Int?
  package private(set) var play: Play?
  /// Whether what is on disk was asked for.
  var hasReadKept = false

  /// Above so many, every other frame goes: what 50,000 steps leave still fits.
  package static let most = 400

  package init() {}

  package var latest: Frame? { frames.last }

  /// The frame to be drawn, in the middle of its way while the history is played.
  package var shown: Frame? {
    guard let play, frames.indices.contains(play.index) else {
      return index.map { frames[$0] } ?? latest
    }
    let from = frames[play.index]
    let glide = play.tick - Play.stillTicks
    guard glide > 0, frames.indices.contains(play.index + 1) else { return from }
    let to = frames[play.index + 1].map
    guard to.base.count == from.map.base.count, to.tuned.count == from.map.tuned.count else {
      return from
    }
    let share = Float(glide) / Float(Play.glideTicks)
    var moved = from
    moved.map.base = from.map.base.glided(to: to.base, share)
    moved.map.tuned = from.map.tuned.glided(to: to.tuned, share)
    return moved
  }

  /// What the shown map is fitted by: while the history is looked through, one box for all of it.
  package var bounds: WorldBounds? {
    guard play != nil || index != nil else { return latest?.bounds }
    return frames.compactMap(\.bounds).reduce(nil) { $0?.joined($1) ?? $1 }
  }

  /// Takes in a frame, in place of one of the same step.
  package mutating func append(_ frame: Frame) {
    let looked = index.map { frames[$0].step }
    frames.removeAll { $0.step == frame.step }
    let place = frames.firstIndex { $0.step > frame.step } ?? frames.count
    frames.insert(frame, at: place)
    if frames.count > Self.most {
      let last = frames.count - 1
      frames = frames.indices.filter { $0 % 2 == 0 || $0 == last }.map { frames[$0] }
      play = nil
    }
    index = looked.flatMap { step in frames.lastIndex { $0.step <= step } }
  }

  /// Looks at the frame before or after; after the last one but one, at whatever is last.
  ///
  /// - Returns: whether there is one.
  @discardableResult
  package mutating func step(by step: Int) -> Bool {
    let last = frames.count - 1
    let next = (play?.index ?? index ?? last) + step
    play = nil
    guard frames.indices.contains(next) else { return false }
    index = next == last ? nil : next
    return true
  }

  /// Plays from the start, or stops where it is.
  package mutating func togglePlay() {
    if let play {
      index = play.index
      self.play = nil
    } else if frames.count > 1 {
      index = nil
      play = Play()
    }
  }

  /// The next tick of a replay, which ends at the last frame.
  package mutating func advance() {
    guard var play else { return }
    play.tick += 1
    if play.tick >= Play.stillTicks + Play.glideTicks {
      play = Play(index: play.index + 1)
    }
    self.play = play.index < frames.count - 1 ? play : nil
  }
}
