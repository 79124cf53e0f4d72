extension SeparationMetric {
  /// The page docs/metrics.md: every metric's definition, range and pitfall, and how all of them
  /// are measured.
  package static var markdown: String {
    var text = """
      # How far apart concepts are

      What `seer compare` and the Compare screen show for every layer. The names in brackets are the keys of `--json`. This
      page is made from the program's own table, which the screen shows under `i`.


      """
    for note in notes { text += "- **\(note.title).** \(note.text)\n" }
    for metric in allCases {
      text += "\n## \(metric.title) (`\(metric.rawValue)`)\n\(metric.definition)\n\n"
      text += "- Range: \(metric.range).\n"
      text += "- \(metric.direction)\n"
      text += "- Pitfall: \(metric.pitfall)\n"
    }
    return text
  }

  /// What a larger or smaller value means.
  package var direction: String {
    switch largerIsSeparate {
    case true?: "Larger: concepts further apart."
    case false?: "Smaller: concepts further apart."
    case nil: "Says nothing of concepts by itself."
    }
  }

  /// How the figures are measured, in Markdown without line ends.
  package static let notes: [(title: String, text: String)] = [
    (
      "Held out",
      "Accuracies and the median margin are over test rows; prototypes and probe come from training "
        + "rows. Which rows those are, `--train` and `--train-tuned` say, else the `split` column, else "
        + "5 seeded folds in which rows of the same prompt stay together. A run of seer 0.1 does not "
        + "say its prompts: its rows stay together by their texts. All other figures are over all rows."
    ),
    (
      "Null",
      "Each figure stands beside what it is for permuted labels, as a mean and a 95 % band. There are "
        + "200 permutations, and 20 for the figures that take long: the probe, the margin, pairwise "
        + "distances and transport. Prompts with equally many rows exchange their lists of labels; the "
        + "tokens of one text keep one label, and a prompt that no other equals in rows keeps its "
        + "labels. A figure inside the band says nothing. Of \(allCases.count) figures, one in twenty "
        + "lies outside by chance."
    ),
    (
      "Strength",
      "The probe's penalty is the same everywhere. `--choose-strength` looks for the best of 1 to "
        + "10,000 instead, for each fold by 5 folds of its training rows alone."
    ),
    (
      "Interval",
      "`low` and `high`: for accuracies the bootstrap over the prompts of test rows, for transport 20 "
        + "more seeded samples."
    ),
    (
      "Control",
      "The control is a linear probe on the model as it is. What held-out rows show beyond it is what "
        + "training has gained."
    ),
    (
      "Scale",
      "The distances `l1`, `l2`, `hausdorff`, `l1_pairwise` and `l2_pairwise` are in the states' own "
        + "scale. The other figures do not change when all states are multiplied by a number."
    ),
    (
      "Transport",
      "Every concept of 8 or more rows gives two seeded samples that share no row. All samples have "
        + "the same size: half of the smallest such concept, at most 100 rows. So `k_variance` and "
        + "`wasserstein` are equal under the null, and their ratio says how much nearer a concept is to "
        + "itself than to the others."
    ),
    (
      "Coding rates",
      "They come in the two scales that are in use: unit columns and d / (m eps) under `r_diff`, "
        + "`r_same`, `r_gap`; unit rows and d / (m eps²) under the same names with `_rows`; eps = "
        + "0.1 in both. Values of one scale cannot be compared with those of the other."
    ),
    (
      "Between two runs",
      "`cka`: linear centred kernel alignment (Kornblith et al. 2019), 1 for a rotation. `drift`: "
        + "the mean of 1 - cosine between a row's two states, and of the length of its move over "
        + "its length; none where widths differ. `neighbours_kept`: the share of each row's 10 "
        + "nearest rows by cosine that stayed. `confusion`: counts by concept and by the nearest "
        + "prototype of held-out rows. `mixing`: the share of two concepts' held-out rows that were "
        + "taken for the other one. `routing`, where both runs keep the experts of a mixture: the "
        + "share of rows whose expert of the largest weight changed (`top_changed`), the mean "
        + "share of a row's experts that stayed (`overlap`), and the total variation between the "
        + "experts' loads, half the summed difference of their shares of all that rows go to "
        + "(`load_variation`)."
    ),
  ]
}
