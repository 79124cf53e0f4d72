import Foundation
import LinearAlgebra
import SeerTraining

/// Ranks that are threads of this process.
///
/// Every rank posts its pieces, one for each, and takes what is meant for it when all have posted.
struct ThreadRanks: RankGroup {
  /// Another rank has ended with an error: nothing more will come.
  struct Gone: Error {}

  final class Meeting: Sendable {
    struct State {
      /// By round, then by rank: the pieces for each rank.
      var posts: [Int: [Int: [[UInt8]]]] = [:]
      var rounds: [Int: Int] = [:]
      var isBroken = false
    }

    let state = Locked(State())

    func leave() { state.withLock { $0.isBroken = true } }
  }

  let rank: Int
  let count: Int
  let meeting: Meeting

  /// Runs a body as so many ranks at once, and gives their results in order.
  static func run<Output: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadRanks) throws -> Output
  ) -> [Result<Output, any Error>] {
    let meeting = Meeting()
    let results = Locked<[Int: Result<Output, any Error>]>([:])
    let done = DispatchGroup()
    for rank in 0..<count {
      done.enter()
      let thread = Thread {
        let result = Result { try body(ThreadRanks(rank: rank, count: count, meeting: meeting)) }
        if case .failure = result { meeting.leave() }
        results.withLock { $0[rank] = result }
        done.leave()
      }
      thread.stackSize = 1 << 23
      thread.start()
    }
    done.wait()
    return results.withLock { results in
      results.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  private func meet(
    _ pieces: [[UInt8]], _ checkpoint: () throws -> Void
  ) throws -> [[UInt8]] {
    let round = meeting.state.withLock { state in
      let round = state.rounds[rank, default: 0]
      state.rounds[rank] = round + 1
      state.posts[round, default: [:]][rank] = pieces
      return round
    }
    while true {
      try checkpoint()
      let found: [[UInt8]]? = try meeting.state.withLock { state in
        if let posts = state.posts[round], posts.count == count {
          // Nobody asks for what all have left behind.
          if (state.rounds.values.min() ?? 0) > round + 1 { state.posts[round - 1] = nil }
          return (0..<count).compactMap { posts[$0]?[rank] }
        }
        if state.isBroken { throw Gone() }
        return nil
      }
      if let found { return found }
      sched_yield()
    }
  }

  func gather(
    _ buffer: UnsafeMutableRawBufferPointer, ranges: [Range<Int>], checkpoint: () throws -> Void
  ) throws {
    let own = Array(buffer[ranges[rank]])
    let all = try meet(Array(repeating: own, count: count), checkpoint)
    for (range, bytes) in zip(ranges, all) { buffer[range].copyBytes(from: bytes) }
  }

  func exchange(
    _ sent: UnsafeRawBufferPointer, sizes: [Int], into received: UnsafeMutableRawBufferPointer,
    sizes receivedSizes: [Int], checkpoint: () throws -> Void
  ) throws {
    var place = 0
    let pieces = sizes.map { size in
      defer { place += size }
      return Array(sent[place..<place + size])
    }
    let all = try meet(pieces, checkpoint)
    precondition(all.map(\.count) == receivedSizes, "ranks that expect other sizes")
    received.copyBytes(from: all.joined())
  }
}
