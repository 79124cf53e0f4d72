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

  /// Those of the Prompt screen, which stand among a user's own words: only its panels explain them.
  package static let prompt: [Entry] = [
    Entry(
      word: "no better than chance",
      sentence: "The state's cosine with the likeliest concept lies where those with directions "
        + "that mean nothing lie: believe no score there."),
    Entry(
      word: "weak",
      sentence:
        "The likeliest concept is nearer than chance would have it, but farther than 95 % of "
        + "held-out texts are from their own: the score says which is least far."),
    Entry(
      word: "clear",
      sentence: "The state is as near to the likeliest concept as held-out texts are to their own."),
    Entry(
      word: "calibration error",
      sentence: "How far, on the mean, a score is from the share of held-out texts of that score "
        + "which were right."),
    Entry(
      word: "cosine",
      sentence: "Of the angle between the token's state, the mean taken off, and the concept's "
        + "direction: 1 is the direction itself, 0 has nothing of it."),
    Entry(
      word: "window",
      sentence:
        "Of a message: the largest mean score of eight tokens that follow each other. Before it "
        + "stands the score of its tokens' mean state, behind it the last token's."),
    Entry(
      word: "steer",
      sentence:
        "How much of the concept's direction is added to every state at the layer while the "
        + "next answer is written; 1 is as long as a typical state."),
    Entry(
      word: "embedding",
      sentence: "What the token brings along itself, before any block."),
    Entry(
      word: "head",
      sentence: "A head of attention, by block and number: it copies something of earlier tokens "
        + "into this one's state. The figure is its part of the concept's logit."),
    Entry(
      word: "feed",
      sentence:
        "A block's feed-forward part, which works on this token's state alone. The figure is "
        + "its part of the concept's logit."),
    Entry(
      word: "logit",
      sentence:
        "The concept's cosine divided by the temperature of the monitor. Parts and rest (the "
        + "mean that is taken off, biases) sum to it; scores are made of all concepts' logits."),
    Entry(
      word: "from",
      sentence: "Earlier tokens, by what they gave to the logit along every way through the model "
        + "(AttnLRP, docs/why.md)."),
    Entry(
      word: "temperature",
      sentence: "How freely an answer is drawn: 0 takes the likeliest word each time."),
    Entry(
      word: "penalty",
      sentence: "Makes words that are in the text already less likely; 1 changes nothing."),
  ]

  package static let promptHelp = HelpSection(
    title: "Words (a click on one explains it, too)",
    text: prompt.map { "\($0.word): \($0.sentence)" })

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
  package static let help: HelpSection = {
    let elsewhere = Set(
      TrustFigure.allCases.map(\.title)
        + SeparationMetric.allCases.filter { !beside.contains($0) }.map(\.title))
    return HelpSection(
      title: "Words (a click on one explains it, too)",
      text: entries.filter { !elsewhere.contains($0.word) }.map { "\($0.word): \($0.sentence)" })
  }()

  /// What the word at a place of the screen means; nil where there is none that is known.
  ///
  /// - Parameter entries: the words that are looked for.
  package static func explanation(
    at place: Cursor, _ state: AppState, of entries: [Entry] = Glossary.entries
  ) -> String? {
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
