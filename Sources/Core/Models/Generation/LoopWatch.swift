/// Tells a text that goes round in circles while it is written.
///
///     var watch = LoopWatch()
///     for id in answer where watch.isLooping(after: id) { break }
///
/// Of the last ``window`` tokens those are counted that end four tokens which stood there, in that
/// order, before. A circle of any length up to some 90 tokens is told in its second or third round,
/// also where some words of it change.
package struct LoopWatch: Sendable {
  /// Tokens looked at.
  package static let window = 128
  /// Repeated fours from which a text is called a loop.
  package static let most = 32
  private static let length = 4

  private var recent: [Int32] = []

  package init() {}

  /// Takes the next token; whether the text has begun to repeat itself. O(window).
  package mutating func isLooping(after id: Int32) -> Bool {
    recent.append(id)
    if recent.count > Self.window { recent.removeFirst() }
    guard recent.count >= Self.most + Self.length else { return false }
    let starts = 0...recent.count - Self.length
    let different = Set(starts.map { Array(recent[$0..<$0 + Self.length]) })
    return starts.count - different.count >= Self.most
  }
}
