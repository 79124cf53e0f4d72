import LinearAlgebra

/// Unit-normalised states in two parts, their mean and the rest: in some layers all states share
/// most of their direction, and float32 products of the rest keep the digits that tell concepts
/// apart. Everything by cosine follows from both.
package struct CentredUnits: Sendable {
  /// The unit vectors less their mean, (rows, width).
  package let rest: Matrix
  /// |rest|² of each row.
  package let squares: [Double]
  /// The product of each row's rest with the mean.
  package let products: [Double]
  /// The mean of the unit vectors, (width), and its length squared.
  let mean: [Double]
  let meanSquare: Double

  package init(_ states: Matrix) { self.init(units: unitNormalised(states)) }

  /// - Parameter units: of length 1, or zeros.
  package init(units: Matrix) {
    let mean = columnMeans(units)
    self.mean = mean
    rest = centred(units, about: mean)
    meanSquare = mean.reduce(0) { $0 + $1 * $1 }
    let rest = rest
    squares = results(count: units.rows, grain: 64) {
      dot(rest.row($0), rest.row($0), count: rest.columns)
    }
    products = results(count: units.rows, grain: 64) {
      dot(rest.row($0), mean, count: rest.columns)
    }
  }
}

/// The sums of unit vectors by concept, for many labelings of the same rows at once: the prototypes
/// but for their lengths. A place is a labeling's concept.
struct ConceptSums: Sendable {
  let units: CentredUnits
  let concepts: Int
  let labelings: Int
  /// Rows of each labeling's concepts, labeling by labeling.
  let counts: [Int]
  /// Sums of the rests, (labelings * concepts, width).
  let rests: Matrix
  /// Sums of the products with the mean.
  private let products: [Double]
  /// Sums of the rests' squares.
  private let squares: [Double]
  /// The lengths of ``rests``, squared.
  private let restSquares: [Double]
  /// The lengths of the sums of unit vectors.
  let lengths: [Double]

  /// Sums the given rows, all where nil.
  init(_ units: CentredUnits, labelings: [[Int]], concepts: Int, rows: [Int]? = nil) {
    self.units = units
    self.concepts = concepts
    self.labelings = labelings.count
    let rows = rows ?? Array(0..<units.rest.rows)
    let sums = sumsByLabel(
      rows.count == units.rest.rows ? units.rest : units.rest.selecting(rows: rows),
      labelings: labelings.map { labels in rows.map { labels[$0] } }, concepts: concepts)
    var counts = [Int](repeating: 0, count: labelings.count * concepts)
    var products = [Double](repeating: 0, count: counts.count)
    var squares = products
    for (index, labels) in labelings.enumerated() {
      for row in rows {
        let place = index &* concepts &+ labels[row]
        counts[place] += 1
        products[place] += units.products[row]
        squares[place] += units.squares[row]
      }
    }
    let own = results(count: counts.count, grain: 8) { place in
      dot(sums.row(place), sums.row(place), count: sums.columns)
    }
    lengths = counts.indices.map { place in
      let count = Double(counts[place])
      let square =
        count * count * units.meanSquare + 2 * count * products[place] + own[place]
      return max(0, square).squareRoot()
    }
    restSquares = own
    self.counts = counts
    self.products = products
    self.squares = squares
    rests = sums
  }

  /// The product of a row's unit vector with the sum at a place, given that of their rests.
  @inline(__always)
  func product(row: Int, place: Int, rest: Float) -> Double {
    Double(counts[place]) * (units.meanSquare + units.products[row]) + products[place]
      + Double(rest)
  }

  /// The products of some rows' rests with those of all sums, (rows, places).
  func products(of rows: [Int]) -> MatrixBuilder {
    let all = rows.count == units.rest.rows && rows.elementsEqual(rows.indices)
    return LinearAlgebra.product(
      all ? units.rest : units.rest.selecting(rows: rows), rests, transposeB: true)
  }

  /// The cosine of a row's unit vector with the sum at a place, given the product of their rests; 0
  /// where the sum has no length.
  @inline(__always)
  func cosine(row: Int, place: Int, rest: Float) -> Double {
    let length = lengths[place]
    return length > 0 ? product(row: row, place: place, rest: rest) / length : 0
  }

  /// The sum at a place, scaled to length 1; zeros where it has none.
  func direction(_ place: Int) -> [Double] {
    let rest = rests.row(place)
    let (count, length) = (Double(counts[place]), lengths[place])
    return units.mean.indices.map {
      length > 0 ? (count * units.mean[$0] + Double(rest[$0])) / length : 0
    }
  }

  /// The distance between the sums at two places, both scaled to length 1.
  func distance(_ a: Int, _ b: Int) -> Double { (2 * cosineDistance(a, b)).squareRoot() }

  /// Half the squared distance from a row's unit vector to the sum at a place, scaled to length 1:
  /// 1 - their cosine, from differences that are small where it is. 1 where the sum has no length.
  @inline(__always)
  func cosineDistance(row: Int, to place: Int, rest: Float) -> Double {
    let length = lengths[place]
    guard length > 0 else { return 1 }
    let count = Double(counts[place])
    var rests =
      units.squares[row] - 2 * Double(rest) / length + restSquares[place] / (length * length)
    // What is left of equal numbers says little of rows that are almost their concept's mean.
    if rests < 1e-5 { rests = restDistance(row: row, to: place, length: length) }
    // unit - sum / length = aside * mean + (the row's rest - the sum's rest / length)
    let aside = (length - count) / length
    let square =
      aside * aside * units.meanSquare + rests
      + 2 * aside * (units.products[row] - products[place] / length)
    return max(0, square / 2)
  }

  /// The squared distance from a row's rest to that of the sum at a place, over its length.
  private func restDistance(row: Int, to place: Int, length: Double) -> Double {
    let (own, other) = (units.rest.row(row), rests.row(place))
    var square = 0.0
    for column in 0..<units.rest.columns {
      let difference = Double(own[column]) - Double(other[column]) / length
      square += difference * difference
    }
    return square
  }

  /// Half the sum of squared distances from a row to the rows of a place: with unit vectors, the
  /// sum of 1 - cosine.
  @inline(__always)
  func cosineDistances(row: Int, place: Int, rest: Float) -> Double {
    let count = Double(counts[place])
    return max(0, 0.5 * (count * units.squares[row] + squares[place]) - Double(rest))
  }

  /// 1 - the cosine between the sums at two places.
  func cosineDistance(_ a: Int, _ b: Int) -> Double {
    let scale = lengths[a] * lengths[b]
    guard scale > 0 else { return 1 }
    let (m, n) = (Double(counts[a]), Double(counts[b]))
    let product =
      m * n * units.meanSquare + m * products[b] + n * products[a]
      + dot(rests.row(a), rests.row(b), count: rests.columns)
    return max(0, (scale - product) / scale)
  }
}

/// The sums of rows by label, (labelings * concepts, width), as one product with the labels'
/// indicator matrix: O(rows x width x labelings x concepts), at the speed of a matrix product.
func sumsByLabel(_ matrix: Matrix, labelings: [[Int]], concepts: Int) -> Matrix {
  let indicator = MatrixBuilder(rows: labelings.count * concepts, columns: matrix.rows)
  for (index, labels) in labelings.enumerated() {
    for (row, label) in labels.enumerated() {
      indicator.row(index &* concepts &+ label)[row] = 1
    }
  }
  return multiply(indicator.frozen(), matrix)
}
