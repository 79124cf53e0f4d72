import CMPI
import Foundation
import LinearAlgebra
import SeerSupport
import SeerTraining

/// The ranks of an MPI job.
struct MPIRanks: RankGroup {
  let rank: Int
  let count: Int
  /// How long the others may keep this rank waiting.
  private let patience: Patience
  private let state = Watch()

  enum Patience {
    /// Ten times what this rank's own longest piece of work took, and ten minutes at least.
    case ofWork
    case seconds(Double)
    case endless
  }

  private final class Watch: Sendable {
    struct Times {
      /// When this rank was last done with an exchange.
      var last = ContinuousClock.now
      /// The longest work between two.
      var longest = Duration.zero
      /// In exchanges, the wait for slower ranks included.
      var waited = Duration.zero
      var bytes = 0
    }

    let value = Locked(Times())
  }

  /// What exchanges took, for the user.
  var summary: String {
    let times = state.value.withLock { $0 }
    let seconds =
      Double(times.waited.components.attoseconds) * 1e-18
      + Double(times.waited.components.seconds)
    return String(
      format: "exchanges with %d other ranks: %.1f MB in %.2f s, waiting for them included",
      count - 1, Double(times.bytes) / 1e6, seconds)
  }

  init(_ patience: Patience) {
    rank = Int(cmpi_rank())
    count = Int(cmpi_count())
    self.patience = patience
  }

  func gather(
    _ buffer: UnsafeMutableRawBufferPointer, ranges: [Range<Int>], checkpoint: () throws -> Void
  ) throws {
    let sizes = try Self.numbers(ranges.map(\.count))
    let places = try Self.numbers(ranges.map(\.lowerBound))
    let copy = Staging(buffer.count)
    let own = ranges[rank]
    UnsafeMutableRawBufferPointer(rebasing: copy.bytes[own])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[own]))
    try run(checkpoint, keeping: [copy]) {
      cmpi_gather(copy.bytes.baseAddress, sizes, places)
    }
    buffer.copyMemory(from: UnsafeRawBufferPointer(copy.bytes))
  }

  func exchange(
    _ sent: UnsafeRawBufferPointer, sizes: [Int], into received: UnsafeMutableRawBufferPointer,
    sizes receivedSizes: [Int], checkpoint: () throws -> Void
  ) throws {
    func places(_ sizes: [Int]) -> [Int] {
      sizes.dropLast().reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }
    let given = (sizes: try Self.numbers(sizes), places: try Self.numbers(places(sizes)))
    let taken = (
      sizes: try Self.numbers(receivedSizes), places: try Self.numbers(places(receivedSizes))
    )
    let (source, target) = (Staging(sent.count), Staging(received.count))
    source.bytes.copyMemory(from: sent)
    try run(checkpoint, keeping: [source, target]) {
      cmpi_exchange(
        source.bytes.baseAddress, given.sizes, given.places, target.bytes.baseAddress, taken.sizes,
        taken.places)
    }
    received.copyMemory(from: UnsafeRawBufferPointer(target.bytes))
  }

  /// Memory that other ranks write to and read from. Where a rank stops in the middle, they still do,
  /// so it is never given back then.
  private final class Staging {
    let bytes: UnsafeMutableRawBufferPointer
    var isHeld = false

    init(_ count: Int) {
      bytes = .allocate(byteCount: max(1, count), alignment: 64)
    }

    deinit { if !isHeld { bytes.deallocate() } }
  }

  /// Begins an exchange and waits until it is done, looking after `checkpoint` and the clock.
  private func run(
    _ checkpoint: () throws -> Void, keeping memory: [Staging], _ begin: () -> Int32
  ) throws {
    for piece in memory { piece.isHeld = true }
    let began = ContinuousClock.now
    let limit = state.value.withLock { state in
      state.longest = max(state.longest, state.last.duration(to: began))
      return switch patience {
      case .ofWork: max(.seconds(600), state.longest * 10)
      case .seconds(let seconds): Duration.seconds(seconds)
      case .endless: Duration.seconds(Int64.max >> 8)
      }
    }
    try check(begin())
    var error: Int32 = 0
    while cmpi_is_done(&error) == 0 {
      try check(error)
      try checkpoint()
      let waited = began.duration(to: .now)
      guard waited < limit else {
        throw Failure(
          .software, place: place, found: "no word from another rank for \(limit)",
          wanted: "all ranks at work",
          advice: "Look at its machine, then go on with --resume. --watchdog sets the limit.")
      }
      // What comes at once is waited for at once; else the core is left to others.
      if waited > .milliseconds(2) { usleep(100) }
    }
    try check(error)
    for piece in memory { piece.isHeld = false }
    state.value.withLock { state in
      state.last = .now
      state.waited += began.duration(to: state.last)
      state.bytes += memory.reduce(0) { $0 + $1.bytes.count }
    }
  }

  private var place: String { "rank \(rank) on \(RankFacts.hostName)" }

  private func check(_ error: Int32) throws(Failure) {
    guard error != 0 else { return }
    throw Self.failure(error, place: place)
  }

  static func failure(_ error: Int32, place: String) -> Failure {
    var words = [UInt8](repeating: 0, count: 512)
    words.withUnsafeMutableBytes {
      cmpi_words(error, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
    }
    let text = String(decoding: words.prefix { $0 != 0 }, as: UTF8.self)
    return Failure(
      .software, place: place, found: "an error of MPI: \(text)",
      wanted: "ranks that reach one another", advice: "Look at what mpirun says.")
  }

  /// As MPI takes sizes and places.
  private static func numbers(_ values: [Int]) throws(Failure) -> [Int32] {
    var numbers: [Int32] = []
    for value in values {
      guard let number = Int32(exactly: value) else {
        throw Failure(
          .software, found: "\(value) bytes to exchange at a time", wanted: "at most 2 GB",
          advice: "Train with fewer rows a step, or hold out fewer.")
      }
      numbers.append(number)
    }
    return numbers
  }
}
