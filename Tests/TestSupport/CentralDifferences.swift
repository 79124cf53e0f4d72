/// The gradient of a scalar function by central differences in Double.
///
/// With a step of 1e-4 and a smooth function of size 1 the truncation error is about 1e-8 and the
/// rounding error about 1e-12: far below what a float32 kernel can be held to.
package func centralDifferences(
  at x: [Double], step: Double = 1e-4, _ function: ([Double]) -> Double
) -> [Double] {
  var x = x
  return x.indices.map { index in
    let value = x[index]
    x[index] = value + step
    let above = function(x)
    x[index] = value - step
    let below = function(x)
    x[index] = value
    return (above - below) / (2 * step)
  }
}
