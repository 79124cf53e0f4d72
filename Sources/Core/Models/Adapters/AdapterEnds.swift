import CKernels
import LinearAlgebra
import SeerFormats

/// What an adapter does before a model's first block and after its last one.
package struct AdapterEnds: Sendable {
  /// A low-rank addition.
  struct LowRank: Sendable {
    let scale: Float
    let a: Matrix
    let b: Matrix
  }

  /// Rows for some tokens.
  struct TokenRows: Sendable {
    /// Which of the rows is a token's.
    let places: [Int: Int]
    /// (tokens, width)
    let rows: Matrix

    func row(of token: Int) -> UnsafePointer<Float>? { places[token].map { rows.row($0) } }
  }

  /// In place of the model's own, (vocabulary, width) each.
  package var embeddings: StoredMatrix?
  package var head: StoredMatrix?
  /// The embeddings are the head's matrix, too, where the model has one for both.
  package var sharesEmbeddings = false
  /// Added to a token's embedding: A is (vocabulary, rank), B (width, rank).
  var tokens: LowRank?
  /// Added to the logits: A is (rank, width), B (vocabulary, rank).
  var logits: LowRank?

  /// In place of the model's own for some tokens. Of a model that has one matrix for both ends the
  /// embeddings' are the head's, too, unless the head has its own.
  var embeddingRows: TokenRows?
  var headRows: TokenRows?

  /// Nothing at either end.
  package var isEmpty: Bool { embeddingRows == nil && !changesOneEnd }

  /// Whether something is done to one end, which the other would share in a model of one matrix.
  var changesOneEnd: Bool {
    embeddings != nil || head != nil || tokens != nil || logits != nil || headRows != nil
  }

  /// Adds a token's own part to its embedding, or puts another in its place.
  func addEmbedding(of token: Int, to target: UnsafeMutablePointer<Float>) {
    if let embeddingRows, let row = embeddingRows.row(of: token) {
      target.update(from: row, count: embeddingRows.rows.columns)
    }
    guard let tokens else { return }
    let a = tokens.a.row(token)
    for index in 0..<tokens.b.rows {
      let b = tokens.b.row(index)
      var sum: Float = 0
      for rank in 0..<tokens.b.columns { sum += b[rank] * a[rank] }
      target[index] += tokens.scale * sum
    }
  }

  /// Adds the low-rank part to a row of the head's weights, or puts another in its place.
  func addHead(row: Int, to target: UnsafeMutablePointer<Float>) {
    if let headRows, let own = headRows.row(of: row) {
      target.update(from: own, count: headRows.rows.columns)
    }
    guard let logits else { return }
    for rank in 0..<logits.a.rows {
      let factor = logits.scale * logits.b[row, rank]
      let a = logits.a.row(rank)
      for column in 0..<logits.a.columns { target[column] += factor * a[column] }
    }
  }

  /// Adds the low-rank part to logits, (places, vocabulary), of normed states, (places, width), and
  /// makes those of tokens with rows of their own.
  ///
  /// - Parameter isTied: whether the model has one matrix for both ends.
  func addLogits(
    of normed: borrowing MatrixBuilder, to logits: borrowing MatrixBuilder, isTied: Bool
  ) {
    if let own = headRows ?? (isTied ? embeddingRows : nil) {
      for place in 0..<normed.rows {
        let state = normed.row(place)
        for (token, index) in own.places {
          let row = own.rows.row(index)
          var sum: Float = 0
          for column in 0..<normed.columns { sum += state[column] * row[column] }
          logits.row(place)[token] = sum
        }
      }
    }
    guard let part = self.logits else { return }
    let inner = MatrixBuilder(unfilled: normed.rows, columns: part.a.rows)
    BLAS.sgemm(
      transposeB: true, m: normed.rows, n: part.a.rows, k: normed.columns, normed.elements,
      stride: normed.columns, part.a.elements, stride: part.a.columns, into: inner.elements,
      stride: inner.columns)
    // Closures take no builders along.
    let (rows, rank, columns) = (normed.rows, inner.columns, logits.columns)
    let (source, target) = (UnsafePointer(inner.elements), logits.elements)
    Parallel.ranges(of: columns, grain: 1024) { range in
      BLAS.sgemm(
        transposeB: true, m: rows, n: range.count, k: rank, alpha: part.scale, source,
        stride: rank, part.b.row(range.lowerBound), stride: rank, beta: 1,
        into: target + range.lowerBound, stride: columns)
    }
  }
}
