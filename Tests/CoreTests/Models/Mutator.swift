import LinearAlgebra
import TestSupport

/// Damages files: a few random edits of the kinds that break readers.
struct Mutator {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func mutated(_ file: [UInt8], _ words: [String]) -> [UInt8] {
    var bytes = file
    for _ in 0...Int.random(in: 0..<6, using: &random) { edit(&bytes, words) }
    return bytes
  }

  /// Most places near the start, where headers are.
  private mutating func place(_ count: Int) -> Int {
    let limit = Bool.random(using: &random) ? min(count, 2048) : count
    return limit > 0 ? Int.random(in: 0..<limit, using: &random) : 0
  }

  private mutating func edit(_ bytes: inout [UInt8], _ words: [String]) {
    let start = place(bytes.count)
    let length = min(bytes.count - start, Int.random(in: 1...40, using: &random))
    switch Int.random(in: 0..<9, using: &random) {
    case 0 where !bytes.isEmpty: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where !bytes.isEmpty: bytes[start] = UInt8.random(in: 0...255, using: &random)
    case 2:
      // A number of another size.
      let numbers: [UInt64] = [
        0, 1, 0x7F, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, .max >> 1, .max, 1 << 63,
      ]
      let number = numbers.randomElement(using: &random) ?? 0
      for offset in 0..<min(8, bytes.count - start) {
        bytes[start + offset] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(offset)))
      }
    case 3: bytes.removeSubrange(start..<start + length)
    case 4: bytes.insert(contentsOf: bytes[start..<start + length], at: start)
    case 5: bytes.removeLast(min(bytes.count, Int.random(in: 1...bytes.count + 1, using: &random)))
    case 6:
      bytes.insert(contentsOf: Array((words.randomElement(using: &random) ?? "").utf8), at: start)
    default:
      let word = Array((words.randomElement(using: &random) ?? "").utf8)
      bytes.replaceSubrange(start..<min(bytes.count, start + word.count), with: word)
    }
  }
}
