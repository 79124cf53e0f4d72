/// ||a - b|| / ||b||, in Double; infinite where the sizes differ.
package func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  var difference = 0.0
  var norm = 0.0
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    norm += Double(y) * Double(y)
  }
  return norm == 0 ? difference.squareRoot() : (difference / norm).squareRoot()
}

/// In how many places both are 0.
package func sharedZeros(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Int {
  zip(a, b).reduce(0) { $0 + ($1.0 == 0 && $1.1 == 0 ? 1 : 0) }
}
