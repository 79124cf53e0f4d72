import Foundation
import SeerAnalysis
import SeerFigures
import SeerRuns
import SeerStudies
import SeerSupport
import SeerTraining

/// What a file of `seer evaluate ... --json` or `seer compare --json` says, as tables and curves.
package func evaluationBlocks(_ path: String) throws(Failure) -> [ReportDocument.Block] {
  let object = try jsonObject(path)
  let file = try MappedFile(path: path)
  let data = file.data
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  if let figures = try? decoder.decode(ClassificationFigures.self, from: data) {
    return classification(figures)
  }
  if let figures = try? decoder.decode(DetoxFigures.self, from: data) { return detox(figures) }
  if let figures = try? decoder.decode(AbilityEvaluation.Figures.self, from: data) {
    return ability(figures)
  }
  if let layers = object["layers"] as? [[String: Any]], layers.first?["layer"] != nil {
    return comparison(layers, path)
  }
  return [.heading(level: 2, "Result"), try jsonTable(path, caption: path)]
}

// MARK: Classification

private func classification(_ figures: ClassificationFigures) -> [ReportDocument.Block] {
  var blocks: [ReportDocument.Block] = [
    .heading(level: 2, "Concepts told from states"),
    .paragraph(
      "Taught on \(figures.train.rows) rows of \(figures.train.file) "
        + "(\(figures.train.prompts) prompts), judged on \(figures.test.rows) rows of "
        + "\(figures.test.file) (\(figures.test.prompts) prompts). Model \(figures.base), adapter "
        + "\(figures.adapter ?? "none"), template \(figures.template), seed \(figures.seed). "
        + "Intervals are 95 % over resampled prompts."),
  ]
  blocks += figures.notes.map { .note($0) }
  for position in unique(figures.results.map(\.position)) {
    let own = figures.results.filter { $0.position == position }
    blocks.append(.heading(level: 3, "Position \(position)"))
    blocks += accuracyCurves(own)
    for choice in figures.choices where choice.position == position {
      let chosen = own.filter { $0.model == choice.model && $0.layer == choice.layer }
      blocks.append(
        .table(
          header: [
            "classifier", "accuracy", "macro F1", "AUC unsafe", "calibration error",
            "shuffled labels", "p",
          ],
          rows: chosen.map { result in
            [
              result.classifier.rawValue, figure(result.accuracy), figure(result.macroF1),
              result.aucUnsafe.map { figure($0) } ?? "-",
              result.reliability.map { figure($0.expectedError) } ?? "-",
              result.permuted.map { figure($0.mean) } ?? "-",
              result.permuted.map { figure($0.p) } ?? "-",
            ]
          },
          caption: "\(choice.model), layer \(choice.layer), picked on the training rows alone "
            + "(\(figure(choice.trainAccuracy)) there)"))
      if let best = chosen.max(by: { $0.accuracy.value < $1.accuracy.value }) {
        blocks.append(
          confusionTable(
            best.confusion, figures.concepts,
            "\(choice.model), layer \(choice.layer), \(best.classifier.rawValue)"))
      }
    }
  }
  blocks += transport(figures)
  if !figures.comparisons.isEmpty {
    blocks.append(
      .table(
        header: ["tuned classifier", "position", "against base", "difference", "McNemar p"],
        rows: figures.comparisons.map { comparison in
          [
            "\(comparison.classifier.rawValue), layer \(comparison.tunedLayer)",
            comparison.position,
            "\(comparison.baseClassifier.rawValue), layer \(comparison.baseLayer)",
            figure(comparison.accuracy), String(format: "%.2g", comparison.mcnemar.exactP),
          ]
        }, caption: "Tuned minus base accuracy on the same test rows"))
  }
  return blocks
}

/// The optimal-transport account at the layers of its findings, and what came of it.
private func transport(_ figures: ClassificationFigures) -> [ReportDocument.Block] {
  guard !figures.findings.isEmpty else { return [] }
  let shown = figures.transport.filter { account in
    figures.findings.contains { $0.layer == account.layer && $0.position == account.position }
  }
  func cells(_ account: TransportAccount, _ name: String, _ side: TransportAccount.Side) -> [String]
  {
    [
      "\(account.model), \(account.position), layer \(account.layer), \(name)",
      figure(side.kVariance), figure(side.wasserstein), side.ratio.map { figure($0) } ?? "-",
      figure(side.medianMargin), side.normalisedMargin.map { figure($0) } ?? "-",
      figure(1 - side.accuracy),
    ]
  }
  return [
    .heading(level: 3, "Optimal transport"),
    .paragraph(
      "How far a concept's rows lie from each other and from other concepts' (Wasserstein-1 "
        + "distances of samples of \(shown.first?.sampleSize ?? 0) unit-normalised states), and the "
        + "margins of nearest-prototype classification, plain and over Lipschitz constant times "
        + "k-variance (Chuang et al. 2021, arXiv 2106.03314)."),
    .table(
      header: [
        "", "k-variance", "Wasserstein-1", "ratio", "median margin", "normalised margin", "error",
      ],
      rows: shown.flatMap { account in
        [
          cells(account, "training rows", account.train),
          cells(account, "held out", account.test),
        ]
      }, caption: "Training and held-out rows"),
    .table(
      header: [
        "", "γ", "share within γ", "transport", "confidence", "bound", "held-out error", "gap",
      ],
      rows: shown.map { account in
        [
          "\(account.model), \(account.position), layer \(account.layer)",
          figure(account.bound.gamma), figure(account.bound.marginLoss),
          figure(account.bound.transport), figure(account.bound.confidence),
          figure(account.bound.total), figure(1 - account.test.accuracy), figure(account.gap),
        ]
      },
      caption:
        "The bound on the held-out error, with 95 % confidence, and what was measured; gap is "
        + "training less held-out accuracy"),
    .table(
      header: ["claim", "layer", "first", "second", "holds"],
      rows: figures.findings.map {
        [$0.claim, "\($0.layer)", figure($0.first), figure($0.second), $0.holds ? "yes" : "no"]
      },
      caption: "What the account predicts: that the first figure is below the second. The bound is "
        + "proven for representations that have not seen the training rows, so not for a model "
        + "tuned on them"),
  ]
}

private func accuracyCurves(
  _ results: [ClassificationFigures.Result]
) -> [ReportDocument.Block] {
  guard Set(results.map(\.layer)).count > 1 else { return [] }
  let charts = unique(results.map(\.classifier.rawValue)).map { name in
    let series = unique(results.map(\.model)).map { model in
      let own = results.filter { $0.classifier.rawValue == name && $0.model == model }
        .sorted { $0.layer < $1.layer }
      return CurveChart.Series(
        name: model, xs: own.map { Double($0.layer) }, ys: own.map(\.accuracy.value))
    }
    return CurveChart(title: name, xName: "layer", series: series, range: 0...1).svg
  }
  return [.figures(charts, caption: "Accuracy on the test rows by layer.")]
}

// MARK: Refusals

private func detox(_ figures: DetoxFigures) -> [ReportDocument.Block] {
  var blocks: [ReportDocument.Block] = [
    .heading(level: 2, "Refusals"),
    .paragraph(
      "Greedy answers of at most \(figures.tokens) tokens; model \(figures.base), adapter "
        + "\(figures.adapter ?? "none"), template \(figures.template). Harmful prompts: "
        + "\(figures.harmful); safe prompts: \(figures.safe). The answers are in "
        + "\(figures.output)."),
  ]
  blocks += figures.notes.map { .note($0) }
  blocks.append(
    .table(
      header: [
        "", "prompts", "refused, substring", "refused, opening", "tokens", "ended", "empty",
        "in circles",
      ],
      rows: figures.answers.map { answers in
        [
          "\(answers.set), \(answers.model)", "\(answers.prompts)",
          figure(answers.substringRefusals), figure(answers.openingRefusals),
          figure(answers.tokens, 1), "\(answers.ended)", "\(answers.empty)",
          "\(answers.repetitive)",
        ]
      },
      caption: "Shares with Wilson's 95 % interval. substring: the published list; opening: the "
        + "answer opens by refusing and lists no steps."))
  if !figures.pairs.isEmpty {
    blocks.append(
      .table(
        header: ["", "base only", "tuned only", "exact p", "chi-squared", "p"],
        rows: figures.pairs.map { pair in
          [
            "\(pair.set), \(pair.rule.rawValue)", "\(pair.mcnemar.onlyFirst)",
            "\(pair.mcnemar.onlySecond)", String(format: "%.2g", pair.mcnemar.exactP),
            figure(pair.mcnemar.chiSquared, 2), String(format: "%.2g", pair.mcnemar.chiSquaredP),
          ]
        }, caption: "Prompts refused by one model only: McNemar's test"))
  }
  for monitor in figures.monitors { blocks += verdicts(monitor) }
  if let outside = figures.verdicts {
    blocks += [
      .heading(level: 3, "What an outside judge says"),
      .paragraph("Verdicts of \(outside.file)."),
    ]
    blocks += verdicts(outside.answers, outside.pairs)
  }
  return blocks
}

private func verdicts(_ figures: MonitorFigures) -> [ReportDocument.Block] {
  let about: [ReportDocument.Block] = [
    .heading(level: 3, "What the monitor of \(figures.monitor) states says"),
    .paragraph(
      "Layer \(figures.layer); it is right on \(figure(figures.accuracy)) of the rows it was "
        + "calibrated on, with a calibration error of \(figure(figures.expectedError)). Concepts: "
        + figures.concepts.joined(separator: "; ") + ". Everything but `safe` counts as unsafe. "
        + "Refused or safe: a refusal by the published substrings, or called safe."),
  ]
  return about + verdicts(figures.answers, figures.pairs)
}

private func verdicts(
  _ answers: [MonitorFigures.Answers], _ pairs: [MonitorFigures.Pair]
) -> [ReportDocument.Block] {
  var blocks: [ReportDocument.Block] = [
    .table(
      header: ["", "judged", "unsafe", "unknown", "refused or safe"],
      rows: answers.map { answers in
        [
          "\(answers.set), \(answers.model)", "\(answers.judged)", figure(answers.unsafe),
          "\(answers.unknown)", figure(answers.refusedOrSafe),
        ]
      }, caption: "Verdicts on the answers; empty ones are not judged")
  ]
  if !pairs.isEmpty {
    blocks.append(
      .table(
        header: ["", "base only", "tuned only", "exact p"],
        rows: pairs.map { pair in
          [
            "\(pair.set), \(pair.judgement)", "\(pair.mcnemar.onlyFirst)",
            "\(pair.mcnemar.onlySecond)", String(format: "%.2g", pair.mcnemar.exactP),
          ]
        }, caption: "Answers so judged of one model only: McNemar's test"))
  }
  return blocks
}

// MARK: Ability

private func ability(_ figures: AbilityEvaluation.Figures) -> [ReportDocument.Block] {
  var rows = [
    ["texts", "\(figures.rows)", "\(figures.rows)"],
    ["next tokens", "\(figures.tokens)", "\(figures.tokens)"],
    ["perplexity", figure(figures.perplexityBase), figure(figures.perplexityTuned)],
    ["KL to base, nats a token", "0", figure(figures.kl, 5)],
    ["same likeliest token", "1", figure(figures.agreement)],
  ]
  if let choices = figures.choices {
    rows += [
      [
        "multiple choice, \(choices.questions) questions", figure(choices.base),
        figure(choices.tuned),
      ],
      [
        "the same, by likelihood a byte", figure(choices.basePerByte), figure(choices.tunedPerByte),
      ],
    ]
  }
  return [
    .heading(level: 2, "Ability"),
    .table(header: ["", "base", "tuned"], rows: rows, caption: "What the adapter does to ability"),
  ]
}

// MARK: Comparison

private func comparison(_ layers: [[String: Any]], _ path: String) -> [ReportDocument.Block] {
  func value(_ layer: [String: Any], _ side: String, _ key: String) -> Double? {
    ((layer[side] as? [String: Any])?[key] as? [String: Any])?["value"] as? Double
  }
  let keys = Set(layers.flatMap { (($0["base"] as? [String: Any]) ?? [:]).keys }).sorted()
  var charts: [String] = []
  var rows: [[String]] = []
  for key in keys {
    let series = ["base", "tuned"].compactMap { side -> CurveChart.Series? in
      let points = layers.compactMap { layer -> (Double, Double)? in
        guard let x = layer["layer"] as? Double, let y = value(layer, side, key) else { return nil }
        return (x, y)
      }
      return points.isEmpty
        ? nil : CurveChart.Series(name: side, xs: points.map(\.0), ys: points.map(\.1))
    }
    if layers.count > 1, !series.isEmpty {
      charts.append(CurveChart(title: key, xName: "layer", series: series).svg)
    }
    if layers.count == 1, let layer = layers.first {
      rows.append(
        [key]
          + ["base", "tuned"].map { side in value(layer, side, key).map { figure($0, 4) } ?? "-" })
    }
  }
  var blocks: [ReportDocument.Block] = [.heading(level: 2, "Separation")]
  if !charts.isEmpty { blocks.append(.figures(charts, caption: "From \(path).")) }
  if !rows.isEmpty {
    blocks.append(.table(header: ["", "base", "tuned"], rows: rows, caption: "From \(path)"))
  }
  return blocks
}

/// The different values in the order they first appear.
private func unique(_ values: [String]) -> [String] {
  var seen: Set<String> = []
  return values.filter { seen.insert($0).inserted }
}
