import LinearAlgebra

/// Where UMAP can start: the eigenvectors of the graph's normalised Laplacian that vary least from
/// neighbour to neighbour, without the constant one.
///
/// Found by block iteration on (I + D^-1/2 W D^-1/2) / 2, which needs nothing but products with the
/// graph; a graph in several pieces has several constant vectors, and these are then what comes out.
enum SpectralStart {
  /// Rounds of products; each product damps what varies from neighbour to neighbour by a further factor,
  /// and each round ends with the vectors made orthogonal again.
  private static let rounds = 30
  private static let productsPerRound = 10
  /// Vectors carried beside the two wanted: they take up what lies close to them.
  private static let guards = 3

  /// - Parameters:
  ///   - start: (rows, 2): what the iteration begins with, and the answer where the graph has no edges.
  /// - Returns: (rows, 2), as wide as UMAP's other starts.
  static func points(
    _ graph: SymmetricRows, from start: Matrix, checkpoint: Checkpoint
  ) throws -> Matrix {
    let n = graph.rows
    let block = min(2 + guards, n - 1)
    guard block >= 2 else { return start }
    let roots = Buffer<Float>(repeating: 0, count: n)
    Parallel.ranges(of: n, grain: 256) { range in
      for row in range {
        var degree: Float = 0
        for entry in Int(graph.offsets.elements[row])..<Int(graph.offsets.elements[row + 1]) {
          degree += graph.values.elements[entry]
        }
        roots.elements[row] = degree.squareRoot()
      }
    }
    var constant = (0..<n).map { Double(roots.elements[$0]) }
    let length = constant.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return start }
    for row in 0..<n { constant[row] /= length }
    var generator = SeededGenerator(seed: 1)
    var vectors = (0..<block).map { column in
      (0..<n).map { column < 2 ? Double(start[$0, column]) : Double(generator.normal()) }
    }
    orthonormalise(&vectors, constant)
    for _ in 0..<rounds {
      for _ in 0..<productsPerRound {
        try checkpoint()
        for column in vectors.indices { multiply(graph, roots, &vectors[column]) }
      }
      orthonormalise(&vectors, constant)
    }
    // The two of the block that vary least: those that the product shortens least.
    let kept = vectors.map { vector -> (length: Double, vector: [Double]) in
      var image = vector
      multiply(graph, roots, &image)
      return (zip(image, vector).reduce(0) { $0 + $1.0 * $1.1 }, vector)
    }.sorted { $0.length > $1.length }.prefix(2).map(\.vector)
    let scale = Double(UMAP.spread) * Double(n).squareRoot()
    return Matrix(rows: n, columns: 2) { row, column in
      Float(kept[column][row] * scale) + generator.normal() * 1e-3
    }
  }

  private static func multiply(
    _ graph: SymmetricRows, _ roots: Buffer<Float>, _ vector: inout [Double]
  ) {
    let n = graph.rows
    let result = Buffer<Double>(count: n)
    vector.withUnsafeBufferPointer { vector in
      guard let values = vector.baseAddress else { return }
      Parallel.ranges(of: n, grain: 256) { range in
        for row in range {
          var sum = 0.0
          for entry in Int(graph.offsets.elements[row])..<Int(graph.offsets.elements[row + 1]) {
            let other = Int(graph.indices.elements[entry])
            let weight = graph.values.elements[entry]
            guard weight > 0 else { continue }
            sum += Double(weight / (roots.elements[row] * roots.elements[other])) * values[other]
          }
          result.elements[row] = (values[row] + sum) / 2
        }
      }
    }
    for row in 0..<n { vector[row] = result.elements[row] }
  }

  /// Gram and Schmidt, twice for the sake of rounding, against the constant vector too. A vector that
  /// is nothing but others becomes zero.
  private static func orthonormalise(_ vectors: inout [[Double]], _ constant: [Double]) {
    for column in vectors.indices {
      for _ in 0..<2 {
        for other in [constant] + vectors[..<column] {
          let share = zip(other, vectors[column]).reduce(0) { $0 + $1.0 * $1.1 }
          for row in other.indices { vectors[column][row] -= share * other[row] }
        }
      }
      let length = vectors[column].reduce(0) { $0 + $1 * $1 }.squareRoot()
      let scale = length > 1e-12 ? 1 / length : 0
      for row in vectors[column].indices { vectors[column][row] *= scale }
    }
  }
}
