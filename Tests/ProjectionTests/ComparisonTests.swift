import Foundation
import LinearAlgebra
import SeerProjection
import Testing

private func clusters(rows: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(rows: rows, columns: 8) { row, column in
    generator.normal() + (column == row % 3 ? 20 : 0)
  }
}

@Test func newPointsLandInTheirCluster() throws {
  let input = clusters(rows: 300, seed: 1)
  let map = try finished(input, options: .init(iterations: 400)).points
  let added = clusters(rows: 30, seed: 2)
  let placed = try TSNE.place(added, among: input, map: map)
  for row in 0..<30 {
    let nearest = (0..<300).min {
      hypotf(map[$0, 0] - placed[row, 0], map[$0, 1] - placed[row, 1])
        < hypotf(map[$1, 0] - placed[row, 0], map[$1, 1] - placed[row, 1])
    }
    #expect(nearest.map { $0 % 3 } == row % 3)
  }
}

@Test func aRowOfTheMapLandsOnItself() throws {
  let input = clusters(rows: 150, seed: 3)
  let map = try finished(input, options: .init(perplexity: 5, iterations: 500)).points
  let placed = try TSNE.place(
    input.selecting(rows: [0, 50, 149]), among: input, map: map, perplexity: 2)
  for (index, row) in [0, 50, 149].enumerated() {
    let distance = hypotf(placed[index, 0] - map[row, 0], placed[index, 1] - map[row, 1])
    #expect(distance < 3)
  }
}

@Test func placementRefusesWhatDoesNotFit() throws {
  let input = clusters(rows: 20, seed: 4)
  let map = Matrix(rows: 20, columns: 2)
  #expect(throws: ProjectionError.self) {
    try TSNE.place(Matrix(rows: 1, columns: 3), among: input, map: map)
  }
  #expect(throws: ProjectionError.self) {
    try TSNE.place(input, among: input, map: Matrix(rows: 19, columns: 2))
  }
  let broken = Matrix(rows: 1, columns: 8) { _, column in column == 3 ? .nan : 0 }
  #expect(throws: ProjectionError.self) { try TSNE.place(broken, among: input, map: map) }
  #expect(try TSNE.place(Matrix(rows: 0, columns: 8), among: input, map: map).rows == 0)
  let one = try TSNE.place(
    Matrix(rows: 1, columns: 8), among: input.selecting(rows: [0]), map: Matrix(rows: 1, columns: 2)
  )
  #expect(one.values.allSatisfy { $0.isFinite })
}

@Test func mapsFollowTheirNeighbour() throws {
  let input = clusters(rows: 240, seed: 5)
  var generator = SeededGenerator(seed: 6)
  let next = Matrix(rows: 240, columns: 8) { input[$0, $1] + 0.05 * generator.normal() }
  var settings = LayoutSettings(seed: 9)
  settings[TSNELayout.iterations] = 400
  let first = try TSNELayout().map(input, settings).points
  let followed = try TSNELayout().map(next, settings, following: first).points
  // Every cluster is where it was.
  for cluster in 0..<3 {
    var x: Float = 0
    var y: Float = 0
    for row in stride(from: cluster, to: 240, by: 3) {
      x += (first[row, 0] - followed[row, 0]) / 80
      y += (first[row, 1] - followed[row, 1]) / 80
    }
    #expect(hypotf(x, y) < 5)
  }
}

@Test func jointMapsSplitAgain() throws {
  let base = clusters(rows: 5, seed: 7)
  let tuned = clusters(rows: 8, seed: 8)
  let joint = try JointMap.stack([base, tuned])
  #expect(joint.rows == 13)
  let parts = JointMap.split(joint, rows: [5, 8])
  #expect(parts[0].values == base.values)
  #expect(parts[1].values == tuned.values)
  #expect(throws: ProjectionError.self) {
    try JointMap.stack([base, Matrix(rows: 2, columns: 3)])
  }
  #expect(try JointMap.stack([]).rows == 0)
}

@Test func conceptAxesMeasureAlongTheirDirections() throws {
  let axes = try ConceptAxes([2, 0, 0], [0, 3, 3], origin: [1, 1, 1])
  let points = axes.transform(Matrix(rows: 2, columns: 3, values: [1, 1, 1, 4, 2, 2]))
  #expect(points.values[..<2] == [0, 0])
  #expect(abs(points[1, 0] - 3) < 1e-6)
  #expect(abs(points[1, 1] - Float(2).squareRoot()) < 1e-6)
  #expect(abs(axes.cosine) < 1e-7)
  #expect(throws: ProjectionError.self) { try ConceptAxes([0, 0], [1, 0]) }
  #expect(throws: ProjectionError.self) { try ConceptAxes([1, 0], [1, 0, 0]) }
  #expect(throws: ProjectionError.self) { try ConceptAxes([1, .nan], [1, 0]) }
  #expect(throws: ProjectionError.self) { try ConceptAxes([], []) }
}
