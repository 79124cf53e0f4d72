import SeerAnalysis
import Testing

/// The randomisation test of paired differences against counts by hand and scipy's
/// `permutation_test(x, np.mean, permutation_type="samples")`.
struct SignFlipTests {
  @Test func fewPairsAreCounted() {
    // Of 8 patterns, +++ and --- are as far from 0.
    #expect(signFlipP([1, 2, 4]) == 0.25)
    #expect(signFlipP([1, 2, -4]) == 1)
    // By scipy.
    #expect(signFlipP([0.3, 0.1, 0.5, -0.05, 0.2, 0.4, 0.15]) == 0.03125)
    #expect(signFlipP([0, 0]) == 1)
    #expect(signFlipP([]) == 1)
  }

  @Test func aGroupChangesSignsTogether() {
    #expect(signFlipP([1, 0, 0.5, 1.5, 4], keys: ["a", "a", "b", "b", "c"]) == 0.25)
  }

  @Test func manyPairsAreDrawn() {
    let one = [Double](repeating: 1, count: 40)
    #expect(signFlipP(one, flips: 999) == 0.001)
    let even = (0..<40).map { $0 % 2 == 0 ? 1.0 : -1.0 }
    #expect(signFlipP(even, flips: 999) == 1)
    let slight = (0..<40).map { $0 < 25 ? 1.0 : -1.0 }
    // Binomial: 2 P(25 or more of 40 heads) = 0.1539.
    let p = signFlipP(slight, flips: 20_000)
    #expect(abs(p - 0.1539) < 0.01)
    #expect(p == signFlipP(slight, flips: 20_000))
  }
}
