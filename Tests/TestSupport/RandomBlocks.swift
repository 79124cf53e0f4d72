import LinearAlgebra
import SeerFormats

extension BlockType {
  /// Random stored weights: every scale finite and small, all other bits anything. Precondition: a
  /// type of GGUF files.
  package func randomBlocks(_ count: Int, using random: inout SeededGenerator) -> [UInt8] {
    func half(_ random: inout SeededGenerator) -> [UInt8] {
      little(Float16(random.normal() * 0.1).bitPattern)
    }
    var result: [UInt8] = []
    for _ in 0..<count {
      switch self {
      case .f32: result += floatBytes([random.normal()])
      case .f16: result += half(&random)
      case .bf16: result += little(UInt16(random.normal().bitPattern >> 16))
      case .mxfp4:
        result += [UInt8.random(in: 120...125, using: &random)]
        result += (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
      case .iq1_m:
        var block = (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        // The scale's four digits are the upper halves of four bytes.
        let scale = Float16(random.normal() * 0.1).bitPattern
        for digit in 0..<4 {
          let value = UInt8(scale >> (4 * digit) & 15) << 4
          block[49 + 2 * digit] = block[49 + 2 * digit] & 15 | value
        }
        result += block
      default:
        // One float16 scale or two, at the start of a block or at its end.
        let hasTwo = [.q4_1, .q5_1, .q2_k, .q4_k, .q5_k].contains(self)
        let scales = half(&random) + (hasTwo ? half(&random) : [])
        let rest = (0..<bytes - scales.count).map { _ in UInt8.random(in: 0...255, using: &random) }
        result +=
          [.q2_k, .q3_k, .q6_k, .tq1_0, .tq2_0].contains(self) ? rest + scales : scales + rest
      }
    }
    return result
  }
}
