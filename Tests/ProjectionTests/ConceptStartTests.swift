import LinearAlgebra
import SeerProjection
import Testing

struct ConceptStartTests {
  private let growing = Layouts.iterative.filter { $0.options.contains(.start) }

  private func blobs(rows: Int, concepts: Int, columns: Int = 8) -> (Matrix, RowConcepts) {
    var generator = SeededGenerator(seed: 5)
    let ofRow = (0..<rows).map { $0 % concepts }
    let matrix = Matrix(rows: rows, columns: columns) { row, column in
      // The two directions that vary most are in no concept.
      generator.normal() * (column >= columns - 2 ? 20 : 0.3) + (column == ofRow[row] ? 4 : 0)
    }
    return (matrix, RowConcepts(names: (0..<concepts).map { "c\($0)" }, ofRow: ofRow))
  }

  private func settings(_ concepts: RowConcepts?) -> LayoutSettings {
    var settings = LayoutSettings()
    settings[.start] = 1
    settings.concepts = concepts
    return settings
  }

  private func start(
    _ layout: any IterativeLayout, _ matrix: Matrix, _ settings: LayoutSettings
  ) throws -> Matrix {
    try layout.begin(matrix, settings, start: nil, checkpoint: {}, progress: { _ in }).points
  }

  /// How often a point's own concept has the nearest mean.
  private func share(_ points: Matrix, _ concepts: RowConcepts) -> Double {
    let count = concepts.names.count
    let means = (0..<count).map { concept in
      let rows = (0..<points.rows).filter { concepts.ofRow[$0] == concept }
      return (0..<2).map { axis in
        rows.reduce(Float(0)) { $0 + points[$1, axis] } / Float(rows.count)
      }
    }
    let right = (0..<points.rows).count { row in
      let distances = means.map {
        ($0[0] - points[row, 0]) * ($0[0] - points[row, 0])
          + ($0[1] - points[row, 1]) * ($0[1] - points[row, 1])
      }
      return distances.firstIndex(of: distances.min() ?? 0) == concepts.ofRow[row]
    }
    return Double(right) / Double(points.rows)
  }

  @Test(arguments: [2, 3, 5]) func conceptsLieApartFromTheStart(concepts: Int) throws {
    let (matrix, labels) = blobs(rows: 90, concepts: concepts)
    for layout in growing {
      let begun = try start(layout, matrix, settings(labels))
      // Two axes do not part more than three means in full.
      let wanted = concepts > 3 ? 0.6 : 0.95
      #expect(share(begun, labels) > wanted, "\(layout.name)")
      #expect(share(try start(layout, matrix, LayoutSettings()), labels) < 0.8)
      var captions = settings(labels)
      #expect(layout.cautions(captions).first == LayoutOption.start.caution)
      #expect(layout.captioned(captions).contains(.start))
      captions[.start] = 0
      #expect(layout.cautions(captions) == [layout.caution])
      #expect(!layout.captioned(captions).contains(.start))
    }
  }

  @Test func rowsWithoutAConceptHaveNoSay() throws {
    let (matrix, labels) = blobs(rows: 60, concepts: 3)
    let some = RowConcepts(
      names: labels.names, ofRow: labels.ofRow.enumerated().map { $0 % 5 == 0 ? nil : $1 })
    let points = try start(UMAPLayout(), matrix, settings(some))
    #expect(share(points, labels) > 0.9)
  }

  @Test func whatCannotBeBegunIsRefused() throws {
    let (matrix, labels) = blobs(rows: 40, concepts: 2)
    let one = RowConcepts(names: ["a", "b"], ofRow: Array(repeating: 0, count: 40))
    let none = RowConcepts(names: [], ofRow: Array(repeating: nil, count: 40))
    for layout in growing {
      for (concepts, found) in [
        (nil, "concepts, of rows without any"), (one, "concepts with rows of one concept"),
        (none, "concepts with rows of none"), (labels.repeated(2), "80"),
      ] {
        let error = #expect(throws: ProjectionError.self) {
          try start(layout, matrix, settings(concepts))
        }
        #expect(error?.description.contains("found \(found), wanted") == true, "\(layout.name)")
      }
    }
    var both = settings(labels)
    both[UMAPLayout.spectral] = 1
    let error = #expect(throws: ProjectionError.self) { try start(UMAPLayout(), matrix, both) }
    #expect(error?.description.hasPrefix("spectral: found 1 with another start") == true)
  }

  @Test func degenerateRowsHaveAStart() throws {
    for columns in [1, 2, 60] {
      for rows in [2, 3, 7] {
        let labels = RowConcepts(names: ["a", "b"], ofRow: (0..<rows).map { $0 % 2 })
        for constant in [true, false] {
          let matrix = Matrix(rows: rows, columns: columns) { constant ? 3 : Float($0 * $1 + $0) }
          for layout in growing {
            let map = try layout.map(matrix, settings(labels)).points
            #expect(map.values.allSatisfy { $0.isFinite }, "\(layout.name) \(rows) x \(columns)")
          }
        }
      }
    }
  }

  @Test func optionsWithNamesAreReadByThem() {
    let option = LayoutOption.start
    #expect(option.text(0) == "components" && option.text(1) == "concepts")
    #expect(option.value("concepts") == 1 && option.value("1") == nil)
    #expect(option.wanted == "components or concepts")
    #expect(LayoutOption.density.value("0.5") == 0.5 && LayoutOption.density.value("x") == nil)
  }
}
