import LinearAlgebra
import SeerApp
import SeerProjection
import SeerSupport

extension Embedding {
  /// The map of two runs' states, the base's rows first: joint where that is asked for and they are
  /// of one width; else each on its own, the second beginning with the first one's layout and turned
  /// onto it.
  package static func makePair(
    base: Matrix, tuned: Matrix, _ start: LayoutStart, context: JobContext,
    show: (Embedding) -> Void
  ) throws -> Embedding {
    if start.kind.form == .joint && base.columns == tuned.columns {
      var both = start
      both.settings.concepts = start.settings.concepts?.repeated(2)
      return try make(JointMap.stacked(base, tuned), both, context: context, show: show)
    }
    let rows = base.rows
    let (base, tuned) = (try JointMap.prepared(base), try JointMap.prepared(tuned))
    var first = start
    first.points = Array(start.points.prefix(rows))
    var second = start
    second.points = Array(start.points.suffix(tuned.rows))
    second.settings[.start] = LayoutOption.start.standard
    let left = try make(base, first, context: context) {
      show(joined($0, after: nil, with: second.points))
    }
    if !start.goesOn { second.points = left.layout }
    let right = try make(tuned, second, context: context) {
      show(joined(left, after: $0, with: $0.points))
    }
    return joined(left, after: right, with: right.points)
  }

  /// The base's map and what there is of the tuned one's as one; iterations add up.
  private static func joined(
    _ base: Embedding, after tuned: Embedding?, with points: [SIMD2<Float>]
  ) -> Embedding {
    var result = base
    result.points += points
    result.layout += tuned?.layout ?? points
    result.iterations *= 2
    result.iteration += tuned?.iteration ?? 0
    if let tuned {
      result.figures = zip(base.figures, tuned.figures).map(larger)
      result.notes += tuned.notes.filter { !base.notes.contains($0) }
    }
    result.isDone = tuned?.isDone ?? false
    return result
  }

  /// What is said of both maps is the worse: what layouts descend is smaller where they are better.
  private static func larger(_ a: LayoutFigure.Value, _ b: LayoutFigure.Value) -> LayoutFigure.Value
  {
    if case (.number(let a), .number(let b)) = (a, b) { .number(max(a, b)) } else { a }
  }
}
