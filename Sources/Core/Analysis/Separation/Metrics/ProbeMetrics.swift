extension MetricGroup {
  /// What a linear classifier finds.
  static let probe = MetricGroup(
    [.linearProbe], share: 30, measure: { try $0.measureProbe($1) },
    addNulls: { try $0.addProbeNull($1) })
}

extension SeparationMetric {
  package static let linearProbe = SeparationMetric(
    "linear_probe", "linear probe",
    definition:
      "The share of held-out rows that a linear classifier gets right: multinomial logistic "
      + "regression on columns standardised over the training rows, penalty 100 / 2 ||W||² on the "
      + "summed cross-entropy.",
    range: "0 to 1; chance is about the share of the largest concept or 1 / concepts",
    pitfall:
      "A probe finds what is linearly there, not what the model uses; more columns than rows make "
      + "it overfit. It is the control that a trained model has to beat.",
    separates: .larger, unit: .share, caption: ("probe", 2))
}

extension SeparationMeasurement {
  fileprivate mutating func measureProbe(_ checkpoint: () throws -> Void) throws {
    if options.choosesStrength {
      foldStrengths = try heldOut.folds.folds.map { fold in
        try LinearProbe.chosenStrength(
          features, labels: heldOut.labels, concepts: sample.concepts,
          folds: heldOut.innerFolds(of: fold, seed: options.seed), checkpoint: checkpoint)
      }
    }
    let predicted = try heldOutLinearProbes(
      features, labelings: [heldOut.labels], concepts: sample.concepts, folds: heldOut.folds,
      strengths: [options.strength], foldStrengths: foldStrengths, checkpoint: checkpoint)[0]
    figures[.linearProbe] = accuracyFigure(predicted)
  }

  fileprivate mutating func addProbeNull(_ checkpoint: () throws -> Void) throws {
    let labelings = slow(heldOutLabelings)
    let predicted = try heldOutLinearProbes(
      features, labelings: labelings, concepts: sample.concepts, folds: heldOut.folds,
      strengths: [options.strength], foldStrengths: foldStrengths, checkpoint: checkpoint)
    figures[.linearProbe].setNull(
      zip(predicted, labelings).compactMap { predicted, labels in
        let judged = predicted.indices.filter { predicted[$0] != nil }
        let right = judged.count { predicted[$0] == labels[$0] }
        return judged.isEmpty ? nil : Double(right) / Double(judged.count)
      })
  }
}
