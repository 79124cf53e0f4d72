/// The share of the nearest rows' votes that each concept has; equal votes are parted by who is
/// nearer.
package func votes(_ nearest: [Int], labels: [Int], concepts: Int) -> (
  shares: [Double], winner: Int?
) {
  var counts = [Int](repeating: 0, count: concepts)
  for row in nearest { counts[labels[row]] += 1 }
  let most = counts.max() ?? 0
  let winner = nearest.first { counts[labels[$0]] == most }.map { labels[$0] }
  let total = Double(max(1, nearest.count))
  return (counts.map { Double($0) / total }, winner)
}
