import Foundation
import SeerSupport

/// How a piece of work keeps to a limit of memory, decided before its first weight is read.
///
/// Weights are mapped in their stored form, and products expand them tile by tile into the cache:
/// that takes 1 to 2 % of a product of Q8_0 with 512 tokens, and one of a float32 copy is no faster, so
/// none is ever made. What does not lie in the file as products read it is copied once, in
/// its stored type. Blocks that fit stay in memory; the pages of the others are given back after use
/// and come again from the file. Where weights and a large batch do not fit together, the batch gets
/// smaller first: below 512 tokens expanding begins to show.
///
///     let plan = try MemoryPlan(model.costs(tokens: 2048), limit: 12_000_000_000)
///     plan.batchTokens       // tokens to run at a time
///     plan.residentBlocks    // blocks whose weights stay
package struct MemoryPlan: Equatable, Sendable {
  /// Bytes that the process may take.
  package let limit: Int
  /// Tokens of one batch.
  package let batchTokens: Int
  /// Blocks whose weights stay in memory: the first ones.
  package let residentBlocks: Int
  /// All blocks.
  package let blocks: Int
  /// Bytes of the mapped weights that stay in memory, those outside of blocks included.
  package let weightBytes: Int
  /// Bytes of weights that are copied into memory.
  package let copiedBytes: Int
  /// Bytes of a batch's values on their way through a block.
  package let batchBytes: Int
  /// Bytes of the rest: keys and values, states and gradients that are kept, the program itself.
  package let otherBytes: Int
  /// Bytes of what blocks computed that are kept for the way back, since there is room: without
  /// them a training runs its blocks twice.
  package fileprivate(set) var keptBytes = 0

  /// Bytes at the peak.
  package var bytes: Int { weightBytes + copiedBytes + batchBytes + otherBytes + keptBytes }
  /// What a front end may still hand out within the limit.
  package var spareBytes: Int { max(0, limit - bytes) }

  /// A batch this small is not made smaller for the sake of the weights.
  static let usefulTokens = 512

  /// Plans work on batches of as many tokens as the costs are of.
  ///
  /// - Parameters:
  ///   - limit: bytes that the process may take.
  ///   - leastTokens: what a batch must hold, such as the longest row.
  ///   - otherBytes: what the work and the program take besides.
  ///   - isStrict: throws where even the least does not fit; else the plan comes as near as it can.
  package init(
    _ costs: ModelCosts, limit: Int, leastTokens: Int = 1, otherBytes: Int = 0,
    isStrict: Bool = true
  ) throws(Failure) {
    let fixed = costs.copiedBytes + costs.outerBytes + costs.cacheBytes + otherBytes
    let block = costs.blocks > 0 ? (costs.blockBytes + costs.blocks - 1) / costs.blocks : 0
    func batch(_ tokens: Int) -> Int {
      Int((Double(costs.batchBytes) * Double(tokens) / Double(max(1, costs.tokens))).rounded(.up))
    }
    let least = max(1, min(leastTokens, costs.tokens))
    var sizes = [max(costs.tokens, least)]
    while let last = sizes.last, last > least { sizes.append(max(least, last / 2)) }

    let small = max(least, Self.usefulTokens)
    let chosen: Int
    let resident: Int
    if let whole = sizes.first(where: {
      ($0 >= small || $0 == sizes[0]) && fixed + batch($0) + costs.blockBytes <= limit
    }) {
      (chosen, resident) = (whole, costs.blocks)
    } else {
      // Weights come and go: a batch of half the room makes them come seldom.
      let room = limit - fixed - block
      chosen = sizes.first { 2 * batch($0) <= room } ?? least
      let left = room - batch(chosen)
      if left < 0, isStrict {
        throw Failure(
          .usage, place: "--memory", found: Self.size(limit),
          wanted: "at least \(Self.size(limit - left)), of which "
            + "\(Self.size(fixed + block)) whatever the batch",
          advice: "Give more memory, or take a smaller model or shorter rows.")
      }
      resident = block > 0 ? min(costs.blocks, max(0, left / block)) : costs.blocks
    }
    self.limit = limit
    batchTokens = chosen
    residentBlocks = resident
    blocks = costs.blocks
    weightBytes =
      costs.outerBytes
      + (resident == blocks ? costs.blockBytes : min(costs.blockBytes, (resident + 1) * block))
    copiedBytes = costs.copiedBytes
    batchBytes = batch(chosen)
    self.otherBytes = costs.cacheBytes + otherBytes
  }

  package static func size(_ bytes: Int) -> String {
    bytes < 1_000_000_000
      ? "\((bytes + 500_000) / 1_000_000) MB" : String(format: "%.1f GB", Double(bytes) / 1e9)
  }
}

extension MemoryPlan: CustomStringConvertible {
  /// One line for the user.
  package var description: String {
    var parts = [
      "weights \(Self.size(weightBytes)) as stored"
        + (residentBlocks == blocks
          ? "" : " (\(residentBlocks) of \(blocks) blocks stay, the others are read again)")
    ]
    if copiedBytes > 0 { parts.append("weights copied \(Self.size(copiedBytes))") }
    parts.append("batches of \(batchTokens) tokens \(Self.size(batchBytes))")
    if keptBytes > 0 { parts.append("blocks kept for the way back \(Self.size(keptBytes))") }
    parts.append("the rest \(Self.size(otherBytes))")
    return "memory: \(parts.joined(separator: ", ")); "
      + "\(Self.size(bytes)) of at most \(Self.size(limit))"
  }
}

/// What a user grants a piece of work, and who is told of the plan made from it.
package struct MemoryBudget: Sendable {
  /// Bytes that the process may take; nil is what the machine has free, and then a plan that does
  /// not fit is no error.
  package var limit: Int?
  package var onPlan: @Sendable (MemoryPlan) -> Void

  package init(limit: Int? = nil, onPlan: @escaping @Sendable (MemoryPlan) -> Void = { _ in }) {
    self.limit = limit
    self.onPlan = onPlan
  }

  /// Makes the plan and tells it.
  ///
  /// - Parameter kept: how many of the bytes that are left the work is going to use for speed.
  package func plan(
    _ costs: ModelCosts, leastTokens: Int = 1, otherBytes: Int = 0,
    keeping kept: (_ spareBytes: Int) -> Int = { _ in 0 }
  ) throws(Failure) -> MemoryPlan {
    let used = ProcessMemory.anonymous - costs.copiedBytes
    var plan = try MemoryPlan(
      costs, limit: limit ?? ProcessMemory.anonymous + ProcessMemory.available,
      leastTokens: leastTokens, otherBytes: otherBytes + max(0, used), isStrict: limit != nil)
    plan.keptBytes = kept(plan.spareBytes)
    onPlan(plan)
    return plan
  }
}

/// What the kernel says of memory.
package enum ProcessMemory {
  /// Bytes of this process that are no mapped files.
  static var anonymous: Int { bytes("RssAnon:", in: "/proc/self/status") ?? 0 }

  /// Bytes that can be had without swapping.
  package static var available: Int { bytes("MemAvailable:", in: "/proc/meminfo") ?? Int.max >> 1 }

  /// Bytes of the machine; nil where the kernel does not say.
  package static var ofMachine: Int? { bytes("MemTotal:", in: "/proc/meminfo") }

  private static func bytes(_ name: String, in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 }
  }
}
