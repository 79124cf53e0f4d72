import LinearAlgebra

/// The two-sided p of paired differences whose mean would be 0 if either side of a pair were as
/// likely to be the larger (Fisher's randomisation test, 1935): the share of sign patterns whose
/// mean lies as far from 0 as the one seen.
///
/// Differences of one group (the answers to one prompt, say) change signs together. All patterns
/// are counted where there are few, `flips` seeded ones, and the one seen, elsewhere; then p is at
/// least 1 / (flips + 1). 1 where nothing differs.
///
/// - Parameter keys: the group of each difference; each is its own where nil.
package func signFlipP(
  _ differences: [Double], keys: [String]? = nil, flips: Int = 10_000, seed: UInt64 = 0
) -> Double {
  precondition(flips > 0 && keys.map { $0.count == differences.count } ?? true)
  let groups = keys.map { numbered($0) } ?? Array(differences.indices)
  var sums = [Double](repeating: 0, count: (groups.max() ?? -1) + 1)
  for (group, difference) in zip(groups, differences) { sums[group] += difference }
  let seen = abs(sums.reduce(0, +))
  // Sums of the same values in another order may differ in the last bits.
  let least = seen - 1e-12 * sums.reduce(0) { $0 + abs($1) }
  guard seen > 0 else { return 1 }
  if sums.count <= 13 {
    let patterns = 1 << sums.count
    let extreme = (0..<patterns).count { pattern in
      abs(sums.indices.reduce(0) { $0 + (pattern >> $1 & 1 == 0 ? sums[$1] : -sums[$1]) }) >= least
    }
    return Double(extreme) / Double(patterns)
  }
  var random = SeededGenerator(seed: seed)
  var extreme = 1
  for _ in 0..<flips {
    var sum = 0.0
    var bits: UInt64 = 0
    for (index, value) in sums.enumerated() {
      if index % 64 == 0 { bits = random.next() }
      sum += bits & 1 == 0 ? value : -value
      bits >>= 1
    }
    if abs(sum) >= least { extreme += 1 }
  }
  return Double(extreme) / Double(flips + 1)
}
