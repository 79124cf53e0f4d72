import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerFigures
import SeerProjection
import SeerRuns
import SeerSupport

/// What one or two runs over the same rows say: recipe, layer curves, maps, confusion.
struct RunSections {
  private let runs: [Run]
  private let names: [String]
  private let labelled: LabelledRows
  private var concepts: [String] { labelled.concepts }
  private var labels: [Int] { labelled.labels }

  /// Fails where a run has no concepts or rows, or the runs' rows or layers differ.
  init(_ runs: [Run]) throws(Failure) {
    self.runs = runs
    guard let first = runs.first else {
      throw Failure(.usage, place: "--run", found: "none", wanted: "one or two runs")
    }
    for run in runs.dropFirst() {
      try run.checkRows(like: first)
      guard run.manifest.layers == first.manifest.layers,
        run.manifest.width == first.manifest.width
      else {
        throw Failure(
          .badData, file: run.folder, found: "other layers or widths than \(first.folder) has",
          wanted: "runs of one model, with and without an adapter")
      }
    }
    let kinds = runs.map { $0.manifest.adapter == nil ? "base" : "tuned" }
    names = Set(kinds).count == runs.count ? kinds : runs.map(\.folder)
    labelled = LabelledRows(first.rows, twin: runs.last?.rows)
    guard !labelled.rows.isEmpty else {
      throw Failure(
        .badData, file: first.folder, found: "a run without labelled rows",
        wanted: "rows with a concept")
    }
  }

  /// One layer's states of the rows that have a concept, with their labels.
  private func sample(_ run: Run, _ layer: Int) throws(Failure) -> LayerSample {
    try labelled.sample(try run.states(layer: layer), layer: layer, name: run.folder)
  }

  /// - layer: of maps and confusion; nil for the last run's layer of best held-out accuracy.
  func blocks(layer wanted: Int?, _ context: JobContext) throws -> [ReportDocument.Block] {
    let layers = runs[0].manifest.layers
    var measured: [[SeparationFigures]] = []
    for (index, run) in runs.enumerated() {
      var own: [SeparationFigures] = []
      for layer in layers {
        try context.checkpoint()
        own.append(
          try CosineSeparation(sample(run, layer), checkpoint: context.checkpoint).figures)
        context.report(
          JobProgress(
            completed: index * layers.count + own.count, total: runs.count * layers.count,
            unit: "layers"))
      }
      measured.append(own)
    }
    let last = measured[measured.count - 1]
    let best = layers.indices.max {
      (last[$0][.nearestPrototype].value ?? -1, -$0)
        < (last[$1][.nearestPrototype].value ?? -1, -$1)
    }
    let layer =
      try wanted.map { layer throws(Failure) in
        guard layers.contains(layer) else {
          throw Failure(
            .usage, place: "--layer", found: "\(layer)",
            wanted: "a layer of the runs, of \(Run.described(layers))")
        }
        return layer
      } ?? best.map { layers[$0] } ?? layers[0]
    var blocks = recipe()
    if let note = labelled.note(runs[0].folder) { blocks.append(.note(note)) }
    blocks += curves(measured)
    if wanted == nil {
      blocks.append(
        .paragraph(
          "Maps and confusion below show layer \(layer), where \(names[names.count - 1]) tells the "
            + "concepts best on held-out rows. Picked by those rows, its accuracy flatters."))
    }
    blocks += try maps(layer, context)
    blocks += try confusion(layer)
    return blocks
  }

  private func recipe() -> [ReportDocument.Block] {
    func row(_ name: String, _ value: (RunManifest) -> String) -> [String] {
      [name] + runs.map { value($0.manifest) }
    }
    return [
      .heading(level: 2, "Recipe"),
      .table(
        header: [""] + runs.indices.map { "\(names[$0]): \(runs[$0].folder)" },
        rows: [
          row("model") { $0.model },
          row("model SHA-256") { $0.isImported ? "-" : String($0.modelSHA256.prefix(16)) },
        ]
          + (runs.contains { $0.manifest.isImported }
            ? [
              row("states") { $0.states ?? "-" },
              row("states SHA-256") { $0.statesSHA256.map { String($0.prefix(16)) } ?? "-" },
            ] : [])
          + [
            row("adapter") { $0.adapter ?? "none" },
            row("adapter SHA-256") { $0.adapterSHA256.map { String($0.prefix(16)) } ?? "-" },
            row("concepts") { $0.concepts },
            row("concepts SHA-256") { String($0.conceptsSHA256.prefix(16)) },
            row("template") { $0.templateTitle }, row("position") { $0.position.rawValue },
            row("precision") { $0.isImported ? "-" : $0.multiplied.rawValue },
            row("tokens kept of a row") { $0.isImported ? "-" : "\($0.maxTokens)" },
            row("layers") { Run.described($0.layers) }, row("rows") { "\($0.rows)" },
            row("width") { "\($0.width)" }, row("written by") { $0.tool },
          ], caption: "What the runs were made from"),
      .paragraph(
        "\(concepts.count) concepts: "
          + concepts.enumerated().map { concept, name in
            "\(name) (\(labels.count { $0 == concept }))"
          }.joined(separator: ", ") + "."),
    ]
  }

  private func curves(_ measured: [[SeparationFigures]]) -> [ReportDocument.Block] {
    let layers = runs[0].manifest.layers.map(Double.init)
    func chart(
      _ title: String, _ range: ClosedRange<Double>?, _ metric: SeparationMetric
    ) -> String {
      let series = measured.indices.map { index in
        CurveChart.Series(
          name: names[index], xs: layers, ys: measured[index].map { $0[metric].value ?? .nan })
      }
      return CurveChart(title: title, xName: "layer", series: series, range: range).svg
    }
    return [
      .heading(level: 2, "Layers"),
      .figures(
        [
          chart("Nearest prototype, held out", 0...1, .nearestPrototype),
          chart("Silhouette (cosine)", nil, .silhouette),
          chart("Angle between prototypes, degrees", nil, .angleBetween),
          chart("Angle to the own prototype, degrees", nil, .angleWithin),
        ],
        caption:
          "Accuracy is over held-out rows (the split, or five folds by prompt); the geometry "
          + "is over all rows."),
    ]
  }

  private func maps(_ layer: Int, _ context: JobContext) throws -> [ReportDocument.Block] {
    guard labels.count > 2 else { return [] }
    let states = try runs.map { run throws(Failure) in try sample(run, layer).states }
    guard states[0].columns > 1 else { return [] }
    var blocks: [ReportDocument.Block] = [.heading(level: 2, "Maps")]
    let present = Set(labels).count
    for layout in Layouts.all
    where labels.count >= layout.leastRows && present >= layout.leastConcepts {
      if layout.isIterative && labels.count > Self.mostRowsOfSteps { continue }
      blocks.append(try map(layout, states, layer, context))
    }
    return blocks
  }

  /// Rows of which a map that takes steps is drawn: a report is not waited for longer.
  private static let mostRowsOfSteps = 10_000

  /// One run's map, or two runs': joint where the layout is there at once, else each its own.
  private func map(
    _ layout: any Layout, _ states: [Matrix], _ layer: Int, _ context: JobContext
  ) throws -> ReportDocument.Block {
    let maps: [Matrix]
    var shares: [Float] = []
    var settings = LayoutSettings()
    settings.concepts = RowConcepts(names: concepts, ofRow: labels)
    if states.count > 1 {
      let pair = try PairProjection(
        base: states[0], tuned: states[1], by: layout, settings, isAligned: layout.isIterative,
        checkpoint: context.checkpoint)
      (maps, shares, settings) = ([pair.base, pair.tuned], pair.explained, pair.settings)
    } else {
      let found = try layout.map(states[0], settings, checkpoint: context.checkpoint)
      (maps, settings) = ([found.points], found.settings)
      for case .shares(let values) in found.figures { shares = values }
    }
    return .figure(
      svg: mapsSVG(maps, "\(layout.title), layer \(layer)"),
      caption: caption(layout, settings, shares))
  }

  private func caption(
    _ layout: any Layout, _ settings: LayoutSettings, _ shares: [Float]
  ) -> String {
    let two = runs.count > 1
    var text = layout.title
    if layout.isIterative {
      for option in layout.captioned(settings) {
        let value = settings[option]
        text += ", \(option.name) \(option.isWhole ? option.text(value) : figure(value, 1))"
      }
      if layout.isSeeded { text += ", seed \(settings.seed)" }
      if two { text += ", the second from the arrangement of the first" }
    } else {
      text +=
        two
        ? " of the unit states of both runs together, each about its own mean, on the "
          + "same axes" : " of the states"
    }
    if let axes = settings.axes, let concepts = settings.concepts {
      text += ", \(axes.title(concepts.names))"
    }
    if !shares.isEmpty {
      let parts = shares.map { figure(100 * Double($0), 1) }
      text += "; the axes hold \(parts.joined(separator: " % and ")) % of the variance"
    }
    return ([text + "."] + layout.cautions(settings)).joined(separator: " ")
  }

  /// The runs side by side on the same axes.
  private func mapsSVG(_ maps: [Matrix], _ title: String) -> String {
    PanelGrid(
      title: title, rowTitles: [""],
      columns: maps.enumerated().map { index, map in
        PanelColumn(
          title: names[index],
          panels: [
            ScatterPanel(
              points: (0..<map.rows).map { SIMD2(map[$0, 0], map[$0, 1]) }, groups: labels)
          ], groupNames: index == 0 ? concepts : [])
      }, sharesAxes: true
    ).picture().svg(title: title)
  }

  private func confusion(_ layer: Int) throws -> [ReportDocument.Block] {
    var blocks: [ReportDocument.Block] = [.heading(level: 2, "Confusion")]
    for (index, run) in runs.enumerated() {
      let found = try CosineSeparation(sample(run, layer))
      let confusion = Confusion(
        heldOut: found.heldOut.nearest, labels: labels, concepts: concepts.count)
      guard confusion.total > 0 else {
        blocks.append(.note("\(names[index]): no row could be held out."))
        continue
      }
      blocks.append(
        confusionTable(
          confusion,
          concepts,
          "\(names[index]), layer \(layer): rows of each concept by their nearest prototype"))
    }
    return blocks
  }
}

/// A confusion with its rows' shares as shades.
func confusionTable(
  _ confusion: Confusion, _ concepts: [String], _ caption: String
) -> ReportDocument.Block {
  let hasUnknown = confusion.unknown.contains { $0 > 0 }
  var rows: [[String]] = []
  var shades: [[Double?]] = []
  for (concept, name) in concepts.enumerated() where confusion.counts.indices.contains(concept) {
    let counts = confusion.counts[concept] + (hasUnknown ? [confusion.unknown[concept]] : [])
    let total = Double(max(1, confusion.support(concept)))
    rows.append(
      [name] + counts.map(String.init) + [
        figure(confusion.precision(concept)), figure(confusion.recall(concept)),
        figure(confusion.f1(concept)),
      ])
    shades.append([nil] + counts.map { Double($0) / total })
  }
  return .table(
    header: ["is \\ taken for"] + concepts + (hasUnknown ? ["unknown"] : [])
      + ["precision", "recall", "F1"],
    rows: rows, shades: shades, caption: caption)
}

/// A figure with three digits after the point.
package func figure(_ value: Double, _ digits: Int = 3) -> String {
  String(format: "%.\(digits)f", value)
}

/// A figure, or a dash where it is undefined.
package func figure(_ value: Double?) -> String { value.map { figure($0, 3) } ?? "-" }

package func figure(_ estimate: Estimate) -> String {
  "\(figure(estimate.value)) (\(figure(estimate.low)) to \(figure(estimate.high)))"
}
