extension MetricGroup {
  /// What it costs to move one concept onto another, and margins in that measure: ``Transport``.
  static let transport = MetricGroup(
    [.kVariance, .wasserstein, .margin, .marginTrain], share: 30,
    measure: { try $0.measureTransport($1) }, addNulls: { try $0.addTransportNulls($1) })
}

extension SeparationMetric {
  package static let kVariance = SeparationMetric(
    "k_variance", "k-variance",
    definition:
      "The mean over concepts of the Wasserstein-1 distance between two seeded samples of the same "
      + "concept without a common row, on unit-normalised states.",
    range: "0 to 2",
    pitfall: "Both depend on the size of the samples, one for the whole run: read their ratio.",
    separates: .smaller, unit: .share)

  package static let wasserstein = SeparationMetric(
    "wasserstein", "Wasserstein-1",
    definition:
      "The mean over pairs of concepts of the Wasserstein-1 distance (exact assignment) between "
      + "seeded samples of equal size, on unit-normalised states.",
    range: "0 to 2",
    pitfall: "Both depend on the size of the samples, one for the whole run: read their ratio.",
    separates: .larger, unit: .share)

  package static let margin = SeparationMetric(
    "margin", "median margin",
    definition:
      "The median over held-out rows of the cosine to the own prototype less the largest other "
      + "one, over the classifier's Lipschitz constant times the k-variance.",
    range: "any; above 0 when most rows are right",
    pitfall: "Divided by a k-variance near 0 it grows without bound; its sign is what is certain.",
    separates: .larger)

  package static let marginTrain = SeparationMetric(
    "margin_train", "median margin, train",
    definition: "The median margin of the training rows, scaled like that of held-out rows.",
    range: "any; above 0 when most rows are right",
    pitfall: "Far above that of held-out rows: the prototypes fit noise.",
    separates: .larger, isPrincipal: false)
}

extension SeparationMeasurement {
  fileprivate mutating func measureTransport(_ checkpoint: () throws -> Void) throws {
    let draw = TransportSample(labels: sample.labels, concepts: sample.concepts, seed: options.seed)
    let found = try Transport.measure(units.rest, samples: [draw], checkpoint: checkpoint)[0]
    figures[.kVariance] = SeparationFigure(value: found.kVariance)
    figures[.wasserstein] = SeparationFigure(value: found.wasserstein)
    let margins = [
      (SeparationMetric.margin, cosines.judged.margins),
      (.marginTrain, cosines.judged.trainMargins),
    ]
    for (metric, values) in margins {
      figures[metric] = SeparationFigure(
        value: median(values).flatMap { margin in
          found.kVariance.flatMap { $0 > 0 ? margin / $0 : nil }
        })
    }
  }

  fileprivate mutating func addTransportNulls(_ checkpoint: () throws -> Void) throws {
    let more = (0..<options.slowPermutations).map { index in
      TransportSample(
        labels: sample.labels, concepts: sample.concepts, seed: options.seed &+ 1 &+ UInt64(index))
    }
    let found = try Transport.measure(units.rest, samples: more, checkpoint: checkpoint)
    figures[.kVariance].setInterval(found.compactMap(\.kVariance))
    figures[.wasserstein].setInterval(found.compactMap(\.wasserstein))

    let permuted = try Transport.measure(
      units.rest,
      samples: slow(labelings).map {
        TransportSample(labels: $0, concepts: sample.concepts, seed: options.seed)
      }, checkpoint: checkpoint)
    figures[.kVariance].setNull(permuted.compactMap(\.kVariance))
    figures[.wasserstein].setNull(permuted.compactMap(\.wasserstein))
    let judged = try HeldOutPrototypes.measure(
      heldOutUnits, labelings: slow(heldOutLabelings), concepts: sample.concepts,
      folds: heldOut.folds,
      trainMargins: true, checkpoint: checkpoint)
    func scaled(_ margins: (HeldOutPrototypes) -> [Double]) -> [Double] {
      zip(judged, permuted).compactMap { judged, transport in
        guard let margin = median(margins(judged)), let variance = transport.kVariance,
          variance > 0
        else { return nil }
        return margin / variance
      }
    }
    figures[.margin].setNull(scaled(\.margins))
    figures[.marginTrain].setNull(scaled(\.trainMargins))
  }
}
