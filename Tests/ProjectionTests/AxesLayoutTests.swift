import LinearAlgebra
import SeerProjection
import Testing

struct AxesLayoutTests {
  /// Concept i lies along column i.
  private let matrix: Matrix
  private let concepts: RowConcepts

  init() {
    var generator = SeededGenerator(seed: 8)
    let ofRow: [Int?] = (0..<80).map { $0 % 4 == 3 ? nil : $0 % 4 }
    matrix = Matrix(rows: 80, columns: 6) { row, column in
      generator.normal() * 0.2 + (column == row % 4 ? 3 : 0)
    }
    concepts = RowConcepts(names: ["a", "b", "c"], ofRow: ofRow)
  }

  private func map(_ axes: ChosenAxes?, _ concepts: RowConcepts? = nil) throws -> LayoutResult {
    var settings = LayoutSettings()
    settings.concepts = concepts ?? self.concepts
    settings.axes = axes
    return try AxesLayout().map(matrix, settings)
  }

  private func mean(_ points: Matrix, _ concept: Int?, _ axis: Int) -> Float {
    let rows = (0..<points.rows).filter { concepts.ofRow[$0] == concept }
    return rows.reduce(0) { $0 + points[$1, axis] } / Float(rows.count)
  }

  @Test func prototypesAndProbesPointToTheirConcept() throws {
    // A probe has not seen the rows without a concept: it may take them for any.
    for (axes, hasProbe) in [
      (ChosenAxes.pair(.prototype(0), .prototype(1)), false), (.pair(.probe(0), .probe(1)), true),
      (.pair(.prototype(0), .probe(1)), true),
    ] {
      let points = try map(axes).points
      for (axis, concept) in [(0, 0), (1, 1)] {
        let others: [Int?] = ([0, 1, 2] + (hasProbe ? [] : [nil])).filter { $0 != concept }
        for other in others {
          #expect(mean(points, concept, axis) > mean(points, other, axis) + 0.3, "\(axes)")
        }
      }
    }
  }

  /// Without axes: the first two concepts that rows speak of.
  @Test func theLayoutsOwnAxesAreTheFirstConcepts() throws {
    let own = try map(nil)
    #expect(own.settings.axes == .pair(.prototype(0), .prototype(1)))
    #expect(own.points.values == (try map(.pair(.prototype(0), .prototype(1)))).points.values)
    let error = #expect(throws: ProjectionError.self) { try AxesLayout().map(matrix) }
    #expect(
      error?.description.hasPrefix("axes: found none, wanted two of prototype:CONCEPT") == true)
  }

  /// A given direction is an inner product with unit states less their mean.
  @Test func aGivenDirectionIsWhatItIs() throws {
    let axes = ChosenAxes.pair(
      .given(title: "vector x", [2, 0, 0, 0, 0, 0]), .given(title: "vector y", [0, 0, 0, 0, 3, 4]))
    let points = try map(axes).points
    let units = unitNormalised(matrix)
    for (axis, value) in [
      (0, { (row: Int) in units[row, 0] }), (1, { 0.6 * units[$0, 4] + 0.8 * units[$0, 5] }),
    ] {
      let mean = (0..<80).reduce(Float(0)) { $0 + value($1) } / 80
      for row in 0..<80 { #expect(abs(points[row, axis] - value(row) + mean) < 1e-5) }
    }
    #expect(axes.title(concepts.names) == "x vector x, y vector y")
  }

  /// In the plane through three prototypes their distances are those of the states' space.
  @Test func aPlaneKeepsTheDistancesOfItsPrototypes() throws {
    let found = try map(.plane(0, 1, 2))
    let units = unitNormalised(matrix)
    func centre(_ concept: Int) -> [Float] {
      let rows = (0..<80).filter { concepts.ofRow[$0] == concept }
      return (0..<6).map { column in
        rows.reduce(0) { $0 + units[$1, column] } / Float(rows.count)
      }
    }
    func distance(_ a: [Float], _ b: [Float]) -> Float {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
      let onMap = distance(
        (0..<2).map { mean(found.points, a, $0) }, (0..<2).map { mean(found.points, b, $0) })
      #expect(abs(onMap - distance(centre(a), centre(b))) < 1e-4)
    }
    #expect(abs(mean(found.points, 0, 1) - mean(found.points, 1, 1)) < 1e-4)
    #expect(mean(found.points, 2, 1) > mean(found.points, 0, 1))
    guard case .number(let cosine)? = found.figures.last else {
      Issue.record("no cosine")
      return
    }
    #expect(abs(cosine) < 1e-6)
  }

  @Test func whatIsNoDirectionIsRefused() throws {
    let empty = RowConcepts(names: ["a", "b", "c"], ofRow: (0..<80).map { $0 % 2 })
    for axes in [
      ChosenAxes.pair(.prototype(2), .prototype(0)), .pair(.probe(0), .probe(2)),
      .plane(0, 1, 2),
    ] {
      let error = #expect(throws: ProjectionError.self) { try map(axes, empty) }
      #expect(error?.description.contains("`c`, which no row speaks of") == true, "\(axes)")
    }
    let error = #expect(throws: ProjectionError.self) {
      try map(.pair(.prototype(7), .prototype(0)))
    }
    #expect(error?.description.contains("concept 7") == true)
    for values in [[Float]](arrayLiteral: [0, 0, 0, 0, 0, 0], [1, 2], [.nan, 0, 0, 0, 0, 0]) {
      #expect(throws: ProjectionError.self) {
        try map(.pair(.given(title: "v", values), .prototype(0)))
      }
    }
    #expect(throws: ProjectionError.self) { try map(nil, concepts.repeated(2)) }
    #expect(throws: ProjectionError.self) { try map(.plane(0, 0, 1)) }
  }

  @Test func namesOfAxesAreRead() {
    for (text, wanted) in [
      ("prototype:a,probe:b", AxisNames.pair(.prototype("a"), .probe("b"))),
      ("vector:x/y.gguf,readout", .pair(.vector("x/y.gguf"), .readout)),
      ("readout,readout", .pair(.readout, .readout)),
      ("plane:a,b,c", .plane(["a", "b", "c"])),
      ("prototype:a, b,probe:c,d", .pair(.prototype("a, b"), .probe("c,d"))),
      ("prototype:a:b,probe:c", .pair(.prototype("a:b"), .probe("c"))),
    ] { #expect(AxisNames(text) == wanted, "\(text)") }
    for text in [
      "", "prototype:a", "a,b", "plane:a,b", "plane:a,b,c,d", "plane:a,,c", "prototype:,probe:b",
      "prototype:a;probe:b", "Prototype:a,probe:b", "prototype:a,probe:b,",
    ] where text != "prototype:a,probe:b," { #expect(AxisNames(text) == nil, "\(text)") }
  }
}
