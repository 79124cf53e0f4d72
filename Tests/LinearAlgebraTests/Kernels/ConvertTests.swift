import CKernels
import Testing

struct ConvertTests {
  @Test func everyFloat16() {
    let bits = (0...UInt16.max).map { $0 }
    var values = [Float](repeating: 0, count: bits.count)
    sk_f16_to_f32(&values, bits, bits.count)
    for (bits, value) in zip(bits, values) {
      // The format's definition: sign, 5 bits of exponent, 10 of fraction.
      let exponent = Int(bits >> 10 & 31)
      let fraction = Double(bits & 1023)
      let sign: Double = bits >> 15 == 0 ? 1 : -1
      if exponent == 31 {
        #expect(fraction == 0 ? Double(value) == sign * .infinity : value.isNaN)
        continue
      }
      let size =
        exponent == 0
        ? fraction * 0x1p-24
        : (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
      if Double(value) != sign * size || (value.sign == .minus) != (sign < 0) {
        Issue.record("\(bits): \(value)")
      }
    }
  }

  @Test func everyBFloat16() {
    let bits = (0...UInt16.max).map { $0 }
    var values = [Float](repeating: 0, count: bits.count)
    sk_bf16_to_f32(&values, bits, bits.count)
    #expect(zip(bits, values).allSatisfy { UInt32($0) << 16 == $1.bitPattern })
  }

  @Test func toNearestEven() {
    let halfStep = Float(0x1p-11)
    let values: [Float] = [
      0, -0.0, 1, 1 + halfStep, 1 + 3 * halfStep, 1 + halfStep + 0x1p-20, 65504, -65504,
      0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-26, -0x1p-24, 1e-30, 2048 + 1, 2048 + 3,
    ]
    let wanted: [UInt16] = [
      0x0000, 0x8000, 0x3C00, 0x3C00, 0x3C02, 0x3C01, 0x7BFF, 0xFBFF,
      0x0001, 0x0000, 0x0001, 0x0000, 0x8001, 0x0000, 0x6800, 0x6802,
    ]
    var bits = [UInt16](repeating: 0, count: values.count)
    #expect(sk_f32_to_f16(&bits, values, values.count) == 0)
    #expect(bits == wanted)
  }

  @Test func everyFloat16ComesBack() {
    let bits = (0...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
    var values = [Float](repeating: 0, count: bits.count)
    sk_f16_to_f32(&values, bits, bits.count)
    var back = [UInt16](repeating: 0, count: bits.count)
    #expect(sk_f32_to_f16(&back, values, values.count) == 0)
    #expect(back == bits)
  }

  @Test(arguments: [0, 1, 7, 8, 16, 31, 100])
  func whatDoesNotFitIsCounted(count: Int) {
    let unfit: [Float] = [65504.01, -65505, 65520, 1e9, .infinity, -.infinity, .nan]
    var values = [Float](repeating: 1, count: count) + unfit
    values += [65504, -65504, 0]
    var bits = [UInt16](repeating: 0, count: values.count)
    #expect(sk_f32_to_f16(&bits, values, values.count) == unfit.count)
    #expect(sk_f32_to_f16(&bits, values, count) == 0)
  }

  @Test(arguments: [0, 1, 5, 8, 17])
  func onlyTheCountIsTouched(count: Int) {
    let source = [UInt16](repeating: 0x3C00, count: 32)
    var target = [Float](repeating: -1, count: 32)
    sk_f16_to_f32(&target, source, count)
    #expect(target == (0..<32).map { $0 < count ? 1 : -1 })
    var halves = [UInt16](repeating: 9, count: 32)
    _ = sk_f32_to_f16(&halves, [Float](repeating: 1, count: 32), count)
    #expect(halves == (0..<32).map { $0 < count ? 0x3C00 : 9 })
  }
}
