import SeerRuns
import SeerSupport

/// How the experts that the same rows go to moved from one run to another, at one layer.
package struct RoutingChange: Equatable, Sendable {
  /// The share of rows whose expert of the largest weight is another one.
  package var topChanged: Double
  /// The mean over rows of the share of their experts that are the same.
  package var overlap: Double
  /// Half the summed difference of the experts' loads, which is the total variation between them:
  /// 0 where they are the same, 1 where no expert is used by both. An expert's load is its share of
  /// all that rows go to.
  package var loadVariation: Double

  package init(topChanged: Double, overlap: Double, loadVariation: Double) {
    self.topChanged = topChanged
    self.overlap = overlap
    self.loadVariation = loadVariation
  }

  /// Nil where no row went to an expert in both.
  ///
  /// - Parameters:
  ///   - base, tuned: of the same rows, in blocks of equally many experts.
  ///   - rows: those that count.
  package init?(from base: LayerRouting, to tuned: LayerRouting, rows: [Int]) {
    var (count, changed, shared) = (0, 0, 0.0)
    var loads = (
      base: [Int](repeating: 0, count: base.experts),
      tuned: [Int](repeating: 0, count: tuned.experts)
    )
    for row in rows {
      let (before, after) = (base.chosen(row), tuned.chosen(row))
      guard let first = before.first, let second = after.first else { continue }
      count += 1
      if first != second { changed += 1 }
      shared += Double(before.count(where: after.contains)) / Double(max(before.count, after.count))
      for expert in before { loads.base[Int(expert)] += 1 }
      for expert in after { loads.tuned[Int(expert)] += 1 }
    }
    guard count > 0 else { return nil }
    topChanged = Double(changed) / Double(count)
    overlap = shared / Double(count)
    func shares(_ loads: [Int]) -> [Double] {
      let sum = Double(loads.reduce(0, +))
      return loads.map { Double($0) / sum }
    }
    loadVariation =
      zip(shares(loads.base), shares(loads.tuned)).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
  }
}

extension RunPair {
  /// How routing moved at a layer; nil where not both runs keep it.
  package func routingChange(layer: Int) throws(Failure) -> RoutingChange? {
    guard let before = try base.run.routing?.layer(layer),
      let after = try tuned.run.routing?.layer(layer), before.experts == after.experts
    else { return nil }
    return RoutingChange(from: before, to: after, rows: base.rows)
  }

  /// Why routing is not compared, where one run keeps it.
  var routingNotes: [String] {
    switch (base.run.manifest.routing, tuned.run.manifest.routing) {
    case (nil, nil): []
    case (let before?, let after?):
      before.experts == after.experts
        ? []
        : [
          "Routing is not compared: the runs' models have \(before.experts) and \(after.experts) "
            + "experts a block."
        ]
    case (nil, _), (_, nil):
      [
        "Routing is not compared: "
          + (base.run.routing == nil ? base.run.folder : tuned.run.folder)
          + " keeps none (seer extract --routing)."
      ]
    }
  }
}
