/// Pearson's correlation of two lists of one length; nil where either does not vary: where its
/// variance is below `least`, relative to 1 + its squared mean.
func correlation(_ a: [Double], _ b: [Double], least: Double) -> Double? {
  let count = Double(a.count)
  guard count > 0 else { return nil }
  let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
  var (aa, ab, bb) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    aa += (x - meanA) * (x - meanA)
    ab += (x - meanA) * (y - meanB)
    bb += (y - meanB) * (y - meanB)
  }
  func varies(_ squares: Double, _ mean: Double) -> Bool {
    squares > least * count * (1 + mean * mean)
  }
  guard varies(aa, meanA), varies(bb, meanB) else { return nil }
  // Rounding does not lead beyond what a correlation can be.
  return min(1, max(-1, ab / (aa * bb).squareRoot()))
}
