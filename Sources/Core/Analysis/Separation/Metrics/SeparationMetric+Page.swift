extension SeparationMetric {
  /// The page docs/metrics.md: every metric's definition, range and pitfall, and how all of them
  /// are measured.
  package static var markdown: String {
    var text = """
      # How far apart concepts are

      What `seer compare` and the compare screen show of every layer. The names in brackets are the keys of `--json`. This
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
      "Accuracies and the median margin are over test rows, prototypes and probe from training "
        + "rows: those of `--train` and `--train-tuned` where they are given, else by the `split` "
        + "column, else by 5 seeded folds in which rows of the same prompt stay together. A run of "
        + "seer 0.1 does not say its prompts: its rows stay together by their texts. Everything else "
        + "is over all rows of the run."
    ),
    (
      "Null",
      "Each figure stands beside what it is when labels are permuted: prompts with equally many rows "
        + "exchange their lists of labels (the tokens of one text keep one label; a prompt that no "
        + "other equals in rows keeps its labels): the mean and the 95 % band over 200 permutations, 20 for those "
        + "of the probe, the margin, of pairwise distances and of transport, of which each takes long. A figure inside the "
        + "band says nothing. Of \(allCases.count) figures, one in twenty lies outside by chance."
    ),
    (
      "Strength",
      "The probe's penalty is the same everywhere unless `--choose-strength` asks for the best of 1 "
        + "to 10,000, for each fold by 5 folds of its training rows alone."
    ),
    (
      "Interval",
      "(`low`, `high`): for accuracies the bootstrap over the prompts of test rows, for transport 20 more seeded "
        + "samples."
    ),
    (
      "Control",
      "A linear probe on the model as it is is the control: training has gained what held-out rows "
        + "show beyond it."
    ),
    (
      "Scale",
      "Only `l1`, `l2` and `hausdorff` are in the states' own scale; the other figures do not change "
        + "when all states are multiplied by a number."
    ),
    (
      "Transport",
      "Every concept of 8 or more rows gives two seeded samples without a common row, all of the "
        + "same size: half of the smallest such concept, 100 rows at the most. So `k_variance` and "
        + "`wasserstein` are equal under the null, and their ratio says how much nearer a concept "
        + "is to itself than to the others."
    ),
    (
      "Coding rates",
      "They come in the two scales that are in use: unit columns and d / (m eps) under `r_diff`, "
        + "`r_same`, `r_gap`; unit rows and d / (m eps²) under the same names with `_rows`; eps = "
        + "0.1 in both. Their values cannot be compared with each other."
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
