import CKernels
import Foundation
import LinearAlgebra

/// One figure: how long a piece of work takes, alone and against the reference work.
struct Measurement: Codable {
  var name: String
  /// The shortest of the repetitions.
  var nanoseconds: Double
  /// `nanoseconds` over those of the reference work beside it.
  var ratio: Double
}

/// Runs pieces of work, each in turn with a fixed reference: a product that stays in the cache of
/// one core. Their ratio says more than nanoseconds on a machine that others use, or another one.
final class Runner {
  let filter: String
  /// Seconds that each piece of work is repeated for.
  let duration: Double
  private(set) var measurements: [Measurement] = []
  private let reference = Matrix(rows: 64, columns: 64) { Float($0 + $1) / 128 }
  private let product = MutableMatrix(rows: 64, columns: 64)

  init(filter: String, duration: Double) {
    self.filter = filter
    self.duration = duration
  }

  func measure(_ name: String, _ work: () throws -> Void) rethrows {
    guard filter.isEmpty || name.contains(filter) else { return }
    try work()
    var best = Double.infinity
    var unit = Double.infinity
    let started = ContinuousClock.now
    var rounds = 0
    while rounds < 3 || (seconds(since: started) < duration && rounds < 10_000) {
      unit = min(unit, time { referenceWork() })
      best = min(best, try time(work))
      rounds += 1
    }
    let result = Measurement(name: name, nanoseconds: best * 1e9, ratio: best / unit)
    measurements.append(result)
    print(row(result, nil))
  }

  /// 64 products of 64 x 64 matrices: some hundred microseconds.
  private func referenceWork() {
    for _ in 0..<64 {
      BLAS.sgemm(
        m: 64, n: 64, k: 64, reference.elements, stride: 64, reference.elements, stride: 64,
        into: product.elements, stride: 64)
    }
  }

  private func time(_ work: () throws -> Void) rethrows -> Double {
    let started = ContinuousClock.now
    try work()
    return seconds(since: started)
  }

  private func seconds(since start: ContinuousClock.Instant) -> Double {
    let passed = start.duration(to: .now).components
    return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
  }
}

/// A line of the table; with a baseline, the ratio to it.
func row(_ now: Measurement, _ before: Measurement?) -> String {
  let name = now.name.padding(toLength: 44, withPad: " ", startingAt: 0)
  let figures = String(format: "%12.1f us %10.4f", now.nanoseconds / 1000, now.ratio)
  guard let before else { return name + figures }
  return name + figures + String(format: "  x%.2f", now.ratio / before.ratio)
}
