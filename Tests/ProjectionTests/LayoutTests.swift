import LinearAlgebra
import SeerProjection
import Testing

private let namesOfIterative = Layouts.all.filter(\.isIterative).map(\.name)

/// What every registered layout must do; a new one is tested by being registered.
struct LayoutTests {
  func layout(_ name: String) throws -> any Layout { try #require(Layouts.named(name)) }

  /// Four blobs of rows; row i belongs to blob i % 4. Wider than what layouts reduce to.
  func blobs(rows: Int, columns: Int = 60, seed: UInt64 = 1) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: columns) { row, column in
      generator.normal() + (column == row % 4 ? 20 : 0)
    }
  }

  /// What each row speaks of: the blob it belongs to.
  func settings(rows: Int, seed: UInt64 = 0) -> LayoutSettings {
    var settings = LayoutSettings(seed: seed)
    settings.concepts = RowConcepts(
      names: (0..<4).map { "blob \($0)" }, ofRow: (0..<rows).map { $0 % 4 })
    return settings
  }

  func bits(_ matrix: Matrix) -> [UInt32] { matrix.values.map(\.bitPattern) }

  @Test func namesAreUniqueAndPlain() {
    #expect(Set(Layouts.names).count == Layouts.all.count)
    #expect(Set(Layouts.all.map(\.title)).count == Layouts.all.count)
    for name in Layouts.names + Layouts.options.map(\.option.name) {
      #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(name)")
    }
    #expect(Layouts.named("magic") == nil)
    let figures = Layouts.figures
    #expect(Set(figures.map(\.key)).count == figures.count)
    // Commands have these beside the layouts' own.
    for taken in ["seed", "components", "method", "run", "layer", "matrix", "output", "json"] {
      #expect(!Layouts.options.contains { $0.option.name == taken }, "\(taken)")
    }
    for (option, _) in Layouts.options {
      #expect(option.range.contains(option.standard) && !option.help.isEmpty, "\(option.name)")
    }
  }

  @Test(arguments: Layouts.names) func aSeedGivesTheSamePoints(name: String) throws {
    let layout = try layout(name)
    let matrix = blobs(rows: 120)
    func map(_ seed: UInt64) throws -> LayoutResult {
      try layout.map(matrix, settings(rows: 120, seed: seed))
    }
    let first = try map(1)
    let again = try map(1)
    #expect(bits(first.points) == bits(again.points) && first.figures == again.figures)
    let other = try map(2)
    #expect((bits(other.points) == bits(first.points)) == !layout.isSeeded)
    #expect(first.figures.count == layout.figures.count)
    for (figure, value) in zip(layout.figures, first.figures) {
      switch value {
      case .shares(let values): #expect(figure.isShares && values.allSatisfy { 0...1 ~= $0 })
      case .number(let value): #expect(!figure.isShares && value.isFinite)
      }
    }
  }

  /// Layouts add nothing to what they are made of: the same bits.
  @Test func layoutsAreWhatTheyName() throws {
    let matrix = blobs(rows: 90)
    let pca = try PCA.fit(matrix, components: 3)
    let principal = try PCALayout().map(matrix, LayoutSettings(components: 3))
    #expect(bits(principal.points) == bits(pca.transform(matrix)))
    #expect(principal.figures == [.shares(pca.explainedVarianceRatio)])
    let reduced = try TSNE.reduced(matrix)
    let tsne = try finished(reduced, options: TSNE.Options(seed: 3))
    let map = try TSNELayout().map(matrix, LayoutSettings(seed: 3))
    #expect(bits(map.points) == bits(tsne.points))
    #expect(map.figures == [.number(tsne.divergence())])
    #expect(
      map.notes.count == 1
        && map.settings[TSNELayout.perplexity] == Double(tsne.affinities.perplexity))
  }

  @Test(arguments: Layouts.names) func blobsKeepTheirNeighbours(name: String) throws {
    let matrix = blobs(rows: 160)
    let map = try layout(name).map(matrix, settings(rows: 160)).points
    #expect(map.rows == 160 && map.columns == 2)
    let kept = try #require(try MapQuality.measure(map, of: matrix).neighboursKept)
    var generator = SeededGenerator(seed: 3)
    let chance = Matrix(rows: 160, columns: 2) { _, _ in generator.normal() }
    let random = try #require(try MapQuality.measure(chance, of: matrix).neighboursKept)
    #expect(kept > 2 * random, "\(kept) of the neighbours kept, \(random) by chance")
  }

  @Test(arguments: Layouts.names, [1, 2, 3, 5]) func fewRows(name: String, rows: Int) throws {
    for columns in [1, 2, 60] {
      let layout = try layout(name)
      // One row speaks of one concept.
      if rows < layout.leastConcepts { continue }
      let result = try layout.map(blobs(rows: rows, columns: columns), settings(rows: rows))
      #expect(result.points.rows == rows && result.points.columns == 2)
      #expect(result.points.values.allSatisfy { $0.isFinite }, "\(columns) columns")
    }
  }

  @Test(arguments: Layouts.names) func duplicatesAndConstants(name: String) throws {
    let layout = try layout(name)
    let some = blobs(rows: 60)
    let duplicates = Matrix(rows: 60, columns: 60) { row, column in
      some[row < 40 ? 0 : row, column]
    }
    let constant = Matrix(rows: 40, columns: 8) { _, column in Float(column) * 100 }
    for matrix in [duplicates, constant, Matrix(rows: 40, columns: 3)] {
      let result = try layout.map(matrix, settings(rows: matrix.rows))
      #expect(result.points.values.allSatisfy { $0.isFinite })
      for case .number(let value) in result.figures { #expect(value.isFinite) }
      for case .shares(let values) in result.figures {
        #expect(values.allSatisfy { 0...1.0001 ~= $0 })
      }
    }
  }

  /// Degenerate rows with every option turned on that keys turn.
  @Test(arguments: namesOfIterative) func degenerateRowsWithOptions(name: String) throws {
    let layout = try layout(name)
    let some = blobs(rows: 60)
    let apart = Matrix(rows: 60, columns: 60) { row, column in
      some[row, column] + (row < 30 ? 0 : 1e5)
    }
    let duplicates = Matrix(rows: 60, columns: 60) { row, column in
      some[row < 40 ? 0 : row, column]
    }
    let constant = Matrix(rows: 40, columns: 8) { _, column in Float(column) * 100 }
    for matrix in [apart, duplicates, constant, blobs(rows: 5), blobs(rows: 2, columns: 1)] {
      for option in layout.options {
        guard let on = option.turnedOn else { continue }
        var settings = settings(rows: matrix.rows)
        settings[option] = on
        let result = try layout.map(matrix, settings)
        #expect(result.points.values.allSatisfy { $0.isFinite }, "\(option.name)")
        for case .number(let value) in result.figures { #expect(value.isFinite) }
      }
    }
  }

  @Test(arguments: Layouts.names) func whatCannotBeLaidOutIsRefused(name: String) throws {
    let layout = try layout(name)
    let broken = MutableMatrix(copying: blobs(rows: 10))
    broken[4, 7] = .nan
    let error = #expect(throws: ProjectionError.self) {
      try layout.map(broken.copy(), settings(rows: 10))
    }
    #expect(error?.description.hasPrefix("row 4, column 7: found nan") == true)
    #expect(throws: ProjectionError.empty(rows: 0, columns: 4)) {
      try layout.map(Matrix(rows: 0, columns: 4))
    }
    #expect(throws: ProjectionError.self) {
      try layout.map(
        blobs(rows: 10), LayoutSettings(components: layout.components.lowerBound - 1))
    }
    for option in layout.options {
      for value in [option.range.lowerBound - 1, option.range.upperBound * 2, .nan]
        + (option.isWhole ? [option.range.lowerBound + 0.5] : [])
      {
        var settings = LayoutSettings()
        settings[option] = value
        let error = #expect(throws: ProjectionError.self, "\(option.name) \(value)") {
          try layout.map(blobs(rows: 10), settings)
        }
        #expect(error?.description.hasPrefix(option.name + ": found") == true)
      }
    }
  }

  /// A row of the map that is placed as if it were new lies where it lay.
  @Test(arguments: Layouts.names) func newRowsLieAmongTheirLike(name: String) throws {
    let matrix = blobs(rows: 120)
    let result = try layout(name).map(matrix, settings(rows: 120))
    let rows = Array(0..<8)
    let placed = try result.place(matrix.selecting(rows: rows), {})
    #expect(placed.rows == 8 && placed.columns == 2)
    for row in rows {
      func distance(to other: Int) -> Float {
        let (x, y) = (
          placed[row, 0] - result.points[other, 0], placed[row, 1] - result.points[other, 1]
        )
        return x * x + y * y
      }
      let nearest = try #require((0..<120).min { distance(to: $0) < distance(to: $1) })
      #expect(nearest % 4 == row % 4, "row \(row) was placed beside row \(nearest)")
    }
    #expect(throws: ProjectionError.self) { try result.place(Matrix(rows: 2, columns: 50), {}) }
    #expect(throws: ProjectionError.self) {
      let broken = MatrixBuilder(copying: matrix, rows: [0])
      broken[0, 3] = .infinity
      _ = try result.place(broken.frozen(), {})
    }
  }

  @Test(arguments: Layouts.names) func cancelled(name: String) throws {
    struct Stop: Error {}
    let layout = try layout(name)
    #expect(throws: Stop.self) {
      try layout.map(blobs(rows: 200), settings(rows: 200), checkpoint: { throw Stop() })
    }
  }

  // MARK: Layouts that grow step by step

  func iterative(_ name: String) throws -> any IterativeLayout {
    try #require(try layout(name) as? any IterativeLayout)
  }

  @Test(arguments: namesOfIterative) func watchingAndPausingChangeNothing(name: String) throws {
    let layout = try iterative(name)
    let matrix = blobs(rows: 80)
    let settings = LayoutSettings(seed: 4)
    let whole = try layout.map(matrix, settings)
    let run = try layout.begin(
      matrix, settings, start: nil, checkpoint: {}, progress: { _ in })
    let first = run.objective()
    var seen: [Int] = []
    var done = 0
    try run.finish(every: 10, progress: { step, _ in done = step }) {
      seen.append(run.iteration)
      _ = run.points
      return run.iteration < 30
    }
    #expect(seen == [10, 20, 30] && done == 30)
    try run.finish()
    #expect(run.iteration == run.iterations)
    #expect(bits(run.result().points) == bits(whole.points))
    #expect(run.objective() < first)
  }

  /// What a moment holds is all that the rest depends on: another run goes on to the same bits.
  @Test(arguments: namesOfIterative) func goesOnFromAMoment(name: String) throws {
    let layout = try iterative(name)
    let matrix = blobs(rows: 90)
    var settings = LayoutSettings(seed: 4)
    if layout.options.contains(.density) { settings[.density] = 1 }
    func begin() throws -> any LayoutRun {
      try layout.begin(matrix, settings, start: nil, checkpoint: {}, progress: { _ in })
    }
    let whole = try begin()
    var moments: [MapMoment] = []
    try whole.finish(
      every: 1,
      observer: {
        if [1, whole.iterations / 2, whole.iterations * 9 / 10].contains(whole.iteration) {
          moments.append(whole.moment)
        }
        return true
      })
    #expect(moments.count == 3)
    for moment in moments {
      let run = try begin()
      try run.restore(moment)
      #expect(run.moment == moment && run.iteration == moment.iteration)
      try run.finish()
      #expect(bits(run.result().points) == bits(whole.result().points))
    }
    // A moment of another map is refused, and nothing is changed.
    let run = try begin()
    let before = run.moment
    var other = moments[0]
    other.values[0].numbers.removeLast()
    #expect(throws: ProjectionError.self) { try run.restore(other) }
    other = moments[0]
    other.iteration = run.iterations + 1
    #expect(throws: ProjectionError.self) { try run.restore(other) }
    #expect(run.moment == before)
  }

  @Test(arguments: namesOfIterative) func goesOnFromALayout(name: String) throws {
    let layout = try iterative(name)
    let matrix = blobs(rows: 80)
    let map = try layout.map(matrix).points
    let run = try layout.begin(
      matrix, LayoutSettings(), start: .layout(map), checkpoint: {}, progress: { _ in })
    // As it is, until a step is taken; and a finished map hardly moves.
    for (found, wanted) in zip(run.points.values, map.values) {
      #expect(abs(found - wanted) < 1e-3)
    }
    let before = run.objective()
    for _ in 0..<20 { try run.step(checkpoint: {}) }
    #expect(run.objective() <= before * 1.05 + 1e-3)
    #expect(throws: ProjectionError.self) {
      try layout.begin(
        matrix, LayoutSettings(), start: .layout(Matrix(rows: 3, columns: 2)), checkpoint: {},
        progress: { _ in })
    }
  }
}
