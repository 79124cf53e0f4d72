import LinearAlgebra
import SeerAnalysis
import SeerApp
import SeerProjection

/// PCA and the parts of t-SNE on clustered points, on all cores.
enum Maps {
  static func run(_ runner: Runner) throws {
    for rows in [1200, 10_000] {
      var random = SeededGenerator(seed: 5)
      let matrix = Matrix(rows: rows, columns: 576) { row, column in
        random.normal() + (column % 6 == row % 6 ? 2 : 0)
      }
      try runner.measure("PCA to 50 of \(rows) x 576") {
        _ = try PCA.fit(matrix, components: 50)
      }
      let reduced = try TSNE.reduced(matrix)
      try runner.measure("neighbours, \(rows) x 50, k = 90") {
        _ = try Neighbours.exact(reduced, k: 90)
      }
      try runner.measure("t-SNE preparation, \(rows)") { _ = try TSNE(reduced) }
      let tsne = try TSNE(reduced)
      while tsne.iteration < 300 { tsne.step() }
      runner.measure("t-SNE iteration, \(rows)") { tsne.step() }
    }
  }
}
