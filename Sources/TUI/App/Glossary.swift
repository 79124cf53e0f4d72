import SeerAnalysis
import SeerProjection
import SeerWidgets

/// The words of the screens, each explained in a sentence: those of figures are docs/metrics.md's own.
package enum Glossary {
  package struct Entry: Equatable, Sendable {
    package let word: String
    package let sentence: String
  }

  private static let apart =
    "How far held-out rows beat chance: apart from three quarters of the way to all right on, half "
    + "apart from half of it, mixed from a tenth, else no better than chance."
  private static let nearestPrototype = SeparationMetric.nearestPrototype.definition

  /// Those that stand beside the map, then those of the figures.
  package static let entries: [Entry] = words + trust + figures

  private static let words: [Entry] =
    [
      Entry(
        word: "held-out recall",
        sentence: "Of a concept's held-out rows the share that was taken for it. "
          + nearestPrototype),
      Entry(
        word: "held-out rows right",
        sentence: nearestPrototype
          + " Chance is what rows give whose labels are exchanged."),
      Entry(
        word: "taken for",
        sentence: "The concept whose prototype, without this row's fold, is nearest to the row. "
          + "The bars are the cosines to its own concept's and to the nearest other prototype."),
      Entry(
        word: "margin",
        sentence: "The cosine of a held-out row to its own concept's prototype, less the largest "
          + "other one: below 0 it is taken for another."),
      Entry(
        word: "training row",
        sentence: "A row of the split that makes the prototypes; only the other rows are judged."),
      Entry(
        word: "variance",
        sentence: "How much of the rows' spread the two components of the map show; the rest lies "
          + "in directions that it leaves out."),
      Entry(
        word: "norm",
        sentence: "The length of the row's state, and how many times the median row's that is."),
      Entry(
        word: "nearest, by",
        sentence: "The rows nearest in the states' own space, which the map can only hint at; I "
          + "lists them, u changes the measure."),
      Entry(
        word: "chance",
        sentence: "What rows give whose labels mean nothing: permuted, or one guess."
      ),
      Entry(word: "half apart", sentence: apart), Entry(word: "apart", sentence: apart),
      Entry(word: "mixed", sentence: apart),
      Entry(
        word: "further apart",
        sentence:
          "At least two more of a hundred held-out rows are right than before; with two fewer "
          + "concepts are closer together."),
      Entry(
        word: "clusters at step",
        sentence: "The held-out rows at that step of the training, along principal components of "
          + "their unit states and the untouched model's together; faint: where they began."),
      Entry(
        word: "shuffled",
        sentence: "What a figure is when labels are permuted: its mean and the band of 95 %. A "
          + "figure inside the band says nothing; * marks one outside of its own."),
    ]

  private static let trust: [Entry] = TrustFigure.allCases.map {
    Entry(word: $0.title, sentence: sentence($0.title, $0.meaning))
  }

  private static let figures: [Entry] = SeparationMetric.allCases.map {
    Entry(word: $0.title, sentence: $0.definition)
  }

  private static func sentence(_ title: String, _ meaning: String) -> String {
    title.prefix(1).uppercased() + title.dropFirst() + ": \(meaning)."
  }

  /// Figures that stand beside the map itself; the others have a table of their own.
  private static let beside: [SeparationMetric] = [.nearestPrototype, .silhouette, .angleBetween]

  /// The part of the help that explains what stands beside the map.
  static let help: HelpSection = {
    let elsewhere = Set(
      TrustFigure.allCases.map(\.title)
        + SeparationMetric.allCases.filter { !beside.contains($0) }.map(\.title))
    return HelpSection(
      title: "Words (a click on one explains it, too)",
      text: entries.filter { !elsewhere.contains($0.word) }.map { "\($0.word): \($0.sentence)" })
  }()

  /// What the word at a place of the screen means; nil where there is none that is known.
  package static func explanation(at place: Cursor, _ state: AppState) -> String? {
    let surface = render(state)
    guard surface.bounds.contains(place) else { return nil }
    // A scalar for each column, so that places are columns.
    let line = (0..<surface.size.width).map { surface[$0, place.y].scalar }
    let known = entries.sorted { $0.word.count > $1.word.count }
    for entry in known {
      let word = Array(entry.word.unicodeScalars)
      let starts = max(0, place.x - word.count + 1)...place.x
      let isThere = starts.contains { start in
        start + word.count <= line.count && line[start..<start + word.count].elementsEqual(word)
      }
      if isThere { return entry.sentence }
    }
    return nil
  }
}
