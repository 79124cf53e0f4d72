/// The states as unit vectors, (rows, width); a row of zeros stays one.
public func unitNormalised(_ states: Matrix) -> Matrix {
  let units = MatrixBuilder(rows: states.rows, columns: states.columns)
  units.fillRows { row, target in
    let source = states.row(row)
    let norm = dot(source, source, count: states.columns).squareRoot()
    guard norm > 0 else { return }
    for column in 0..<states.columns {
      target[column] = Float(Double(source[column]) / norm)
    }
  }
  return units.frozen()
}

/// The states less a mean, their own where nil, which is taken in Double.
public func centred(_ states: Matrix, about mean: [Double]? = nil) -> Matrix {
  let mean = mean ?? columnMeans(states)
  let result = MatrixBuilder(unfilled: states.rows, columns: states.columns)
  result.fillRows { row, target in
    let source = states.row(row)
    for column in 0..<states.columns {
      target[column] = Float(Double(source[column]) - mean[column])
    }
  }
  return result.frozen()
}

/// The mean of every column, in Double; zeros without rows.
public func columnMeans(_ states: Matrix) -> [Double] {
  var means = [Double](repeating: 0, count: states.columns)
  guard states.rows > 0 else { return means }
  means.withUnsafeMutableBufferPointer { means in
    Parallel.ranges(of: states.columns, grain: 32) { range in
      for row in 0..<states.rows {
        let source = states.row(row)
        for column in range { means[column] += Double(source[column]) }
      }
      for column in range { means[column] /= Double(states.rows) }
    }
  }
  return means
}

/// The inner product of `count` values, summed in Double in a fixed order.
@inlinable @inline(__always)
public func dot<Scalar: BinaryFloatingPoint>(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Scalar>, count: Int
) -> Double {
  // Four sums, so that additions need not wait for each other.
  var sums = SIMD4<Double>()
  var index = 0
  while index &+ 4 <= count {
    let x = SIMD4(
      Double(a[index]), Double(a[index &+ 1]), Double(a[index &+ 2]), Double(a[index &+ 3]))
    let y = SIMD4(
      Double(b[index]), Double(b[index &+ 1]), Double(b[index &+ 2]), Double(b[index &+ 3]))
    sums += x * y
    index &+= 4
  }
  var sum = sums.sum()
  while index < count {
    sum += Double(a[index]) * Double(b[index])
    index &+= 1
  }
  return sum
}
