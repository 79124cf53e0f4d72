import LinearAlgebra
import SeerProjection
import SeerSupport

/// What the rows of a picture are coloured by, where that is not their concept.
package struct MapColors: Equatable, Sendable {
  /// The group of each row.
  package var groups: [Int]
  /// The groups' names; empty: no row has it.
  package var names: [String]
  /// The colours, 0xRRGGBB, of groups that are no concepts.
  package var colors: [Int: UInt32]

  package init(groups: [Int], names: [String], colors: [Int: UInt32]) {
    self.groups = groups
    self.names = names
    self.colors = colors
  }
}

/// Where a run's rows lie on a map of one layer, and how that map was made.
package struct ExportedMap: Equatable, Sendable {
  /// One for each row; rows without a place are left out.
  package var points: [SIMD2<Float>?]
  /// A layout's name, `concepts`, or `map` for coordinates from a file.
  package var method: String
  package var seed: UInt64
  /// What else it was made with, such as `perplexity` or `components`.
  package var settings: [String: String]
  /// Nil: rows have the colour of their concept.
  package var colors: MapColors?
  /// The file of coordinates that it was read from.
  package var file: String?

  package init(
    points: [SIMD2<Float>?], method: String, seed: UInt64 = 0, settings: [String: String] = [:],
    colors: MapColors? = nil, file: String? = nil
  ) {
    self.colors = colors
    self.points = points
    self.method = method
    self.seed = seed
    self.settings = settings
    self.file = file
  }

  /// The map of states by the layout that is usual.
  package static func standard(
    _ states: Matrix, source: String, checkpoint: () throws -> Void
  ) throws -> ExportedMap {
    do {
      let points = try Layouts.standard.map(states, checkpoint: checkpoint).points
      return ExportedMap(
        points: (0..<points.rows).map { SIMD2(points[$0, 0], points[$0, 1]) },
        method: Layouts.standard.name)
    } catch let error as ProjectionError {
      throw Failure(error, of: source)
    }
  }

  /// What a reader must be told of the options it was made with, for the foot of a picture.
  package var cautions: [String] {
    (Layouts.named(method)?.options ?? []).filter { option in
      settings[option.name].map { $0 != option.text(option.standard) } ?? false
    }.map(\.caution).filter { !$0.isEmpty }
  }

  /// In words, for the foot of a picture.
  package var description: String {
    let layout = Layouts.named(method)
    let name =
      layout?.title ?? (method == "concepts" ? "concepts as axes" : "coordinates from a file")
    var parts = [name] + settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    if layout?.isSeeded == true { parts.append("seed \(seed)") }
    return parts.joined(separator: ", ")
  }
}

extension Failure {
  /// What a projection found wrong with a file's matrix, which it does not know the name of.
  package init(_ error: ProjectionError, of source: String) {
    switch error {
    case .badOption(let name, let found, let wanted):
      self.init(.usage, place: "--" + name, found: found, wanted: wanted)
    case .notFinite(let row, let column, let value):
      self.init(
        .badData, file: source, place: "row \(row), column \(column)", found: "\(value)",
        wanted: "a finite number", advice: "Remove the row, or extract its states again.")
    case .empty(let rows, let columns):
      self.init(
        .badData, file: source, found: "a matrix of \(rows) x \(columns)",
        wanted: "at least one row and one column")
    case .tooLarge:
      self.init(
        .badData, file: source, found: ProjectionError.tooLargeFound,
        wanted: ProjectionError.tooLargeWanted, advice: "Scale the matrix down.")
    case .decomposition(let problem):
      self.init(
        .badData, file: source,
        found: "a matrix that LAPACK's \(problem.routine) gives up on (code \(problem.code))",
        wanted: "one that can be decomposed",
        advice: "Look for rows that are nothing but noise or very far from the others.")
    case .stopped:
      self.init(.interrupted, file: source, found: "a projection that was stopped")
    }
  }
}
