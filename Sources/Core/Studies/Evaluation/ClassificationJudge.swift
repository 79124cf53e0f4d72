import LinearAlgebra
import SeerAnalysis
import SeerRuns
import SeerSupport

/// Turns collected states into figures, model by model.
struct ClassificationJudge {
  private let evaluation: ClassificationEvaluation
  private let data: ClassificationData
  private let layers: [Int]
  private let folds: Folds
  /// The prompt of each training row, as a number.
  private let trainPrompts: [Int]
  private let bootstrap: Bootstrap
  private var results: [ClassificationFigures.Result] = []
  private var choices: [ClassificationFigures.Choice] = []
  /// Which test rows each result got right.
  private var right: [[Bool]] = []
  private let samples: (train: TransportSample, test: TransportSample)
  private var transport: [TransportAccount] = []
  /// The monitor of a run that judges, too.
  var stale: StaleMonitor?

  init(_ evaluation: ClassificationEvaluation, _ data: ClassificationData, _ layers: [Int]) {
    self.evaluation = evaluation
    self.data = data
    self.layers = layers
    let keys = data.train.map(\.foldKey)
    trainPrompts = numbered(keys)
    folds = Folds(
      prompts: keys, splits: data.train.map { _ in nil },
      seed: evaluation.seed)
    bootstrap = Bootstrap(
      keys: data.test.map(\.foldKey), resamples: evaluation.resamples, seed: evaluation.seed)
    samples = TransportAccount.samples(
      train: data.trainLabels, test: data.testLabels, concepts: data.concepts.count,
      seed: evaluation.seed)
  }

  mutating func add(_ model: String, _ states: CollectedStates, _ context: JobContext) throws {
    let train = Array(0..<data.train.count)
    let test = Array(data.train.count..<data.train.count + data.test.count)
    let total = states.positions.count * layers.count
    let started = ContinuousClock.now
    for (place, position) in states.positions.enumerated() {
      var best: ClassificationFigures.Choice?
      for (index, layer) in layers.enumerated() {
        try context.checkpoint()
        let all = states.states[place][index]
        let input = try ClassifierInput(
          train: all.selecting(rows: train), test: all.selecting(rows: test), folds: folds,
          checkpoint: context.checkpoint)
        let accuracy =
          try HeldOutPrototypes.measure(
            input.train, labels: data.trainLabels, concepts: data.concepts.count, folds: folds,
            checkpoint: context.checkpoint
          ).accuracy(data.trainLabels) ?? 0
        // Of equal layers the lowest.
        if accuracy > best?.trainAccuracy ?? -1 {
          best = ClassificationFigures.Choice(
            model: model, position: position.rawValue, layer: layer, trainAccuracy: accuracy)
        }
        for judged in try judge(model, position, layer, input, context) {
          results.append(judged.result)
          right.append(judged.right)
        }
        if var account = TransportAccount(
          all, trainLabels: data.trainLabels, testLabels: data.testLabels,
          concepts: data.concepts.count, samples: samples)
        {
          account.model = model
          account.position = position.rawValue
          account.layer = layer
          transport.append(account)
        }
        context.report(
          JobProgress(
            completed: place * layers.count + index + 1, total: total, unit: "layers",
            elapsed: started.duration(to: .now), message: "judging \(model)"))
      }
      if let best { choices.append(best) }
    }
    try stale?.judge(model, states, by: bootstrap, checkpoint: context.checkpoint)
  }

  private struct Judged {
    let result: ClassificationFigures.Result
    let right: [Bool]
  }

  /// All classifiers at one layer and position, on all cores.
  private func judge(
    _ model: String, _ position: Position, _ layer: Int, _ input: ClassifierInput,
    _ context: JobContext
  ) throws -> [Judged] {
    let classifiers = evaluation.classifiers
    return try Parallel.map(classifiers.count) { index in
      Result {
        try judge(model, position, layer, input, classifiers[index]) {
          // On a thread of the loop: only the job's own may let others go first.
          if context.isCancelled { throw Cancelled() }
        }
      }
    }.compactMap { try $0.get() }
  }

  private func judge(
    _ model: String, _ position: Position, _ layer: Int, _ input: ClassifierInput,
    _ classifier: Classifier, checkpoint: () throws -> Void
  ) throws -> Judged? {
    let concepts = data.concepts.count
    let labels = data.testLabels
    let predictions = try input.predictions(
      classifier, labels: data.trainLabels, concepts: concepts)
    let right = zip(predictions.concepts, labels).map { $0 == $1 }
    func confusion(_ weights: [Int]?) -> Confusion {
      Confusion(
        actual: labels, predicted: predictions.concepts, concepts: concepts, weights: weights)
    }
    guard let accuracy = bootstrap.estimate({ share(right, $0) }),
      let macroF1 = bootstrap.estimate({ confusion($0).macroF1 })
    else { return nil }
    let counts = confusion(nil)
    let permuted = try PermutedLabels(
      labels: data.trainLabels, prompts: trainPrompts, figure: accuracy.value,
      permutations: evaluation.permutations, seed: evaluation.seed
    ) { shuffled in
      try checkpoint()
      let predictions = try input.predictions(classifier, labels: shuffled, concepts: concepts)
      return Double(zip(predictions.concepts, labels).count { $0 == $1 }) / Double(labels.count)
    }
    return Judged(
      result: ClassificationFigures.Result(
        model: model, position: position.rawValue, layer: layer, classifier: classifier,
        accuracy: accuracy, macroF1: macroF1, macroPrecision: counts.macroPrecision ?? 0,
        macroRecall: counts.macroRecall ?? 0,
        concepts: data.concepts.enumerated().map { concept, name in
          ClassificationFigures.Concept(
            concept: name, rows: counts.support(concept), precision: counts.precision(concept),
            recall: counts.recall(concept), f1: counts.f1(concept))
        },
        confusion: counts, aucUnsafe: areaOfUnsafe(predictions),
        reliability: predictions.reliability(labels), permuted: permuted),
      right: right)
  }

  private func areaOfUnsafe(_ predictions: Predictions) -> Estimate? {
    guard let safe = data.concepts.firstIndex(of: "safe"), data.concepts.count > 1 else {
      return nil
    }
    let scores = predictions.scores.map { scores in
      (scores.enumerated().filter { $0.offset != safe }.map(\.element).max() ?? 0) - scores[safe]
    }
    guard scores.allSatisfy({ !$0.isNaN }) else { return nil }
    let roc = ROC(scores: scores, isPositive: data.testLabels.map { $0 != safe })
    return bootstrap.estimate { roc.area(weights: $0) }
  }

  func figures(_ notes: [String]) -> ClassificationFigures {
    func about(_ file: String, _ rows: [ConceptSet.Row]) -> ClassificationFigures.Data {
      ClassificationFigures.Data(
        file: file, rows: rows.count, prompts: Set(rows.map { Array($0.prompt.utf8) }).count)
    }
    return ClassificationFigures(
      base: evaluation.model, adapter: evaluation.adapter,
      template: evaluation.template.rawValue, seed: evaluation.seed,
      train: about(evaluation.train, data.train), test: about(evaluation.test, data.test),
      concepts: data.concepts, overlap: data.overlap, leftOut: data.leftOut, choices: choices,
      results: results, comparisons: comparisons(), transport: transport,
      findings: findings(), monitor: stale?.figures,
      notes: data.notes + (stale?.notes ?? []) + notes)
  }

  /// What the transport account predicts against what was measured, at the layer chosen for the
  /// tuned model, or for the base model where there is no other.
  private func findings() -> [TransportFinding] {
    evaluation.positions.map(\.rawValue).flatMap { position in
      let own = choices.filter { $0.position == position }
      guard let layer = (own.first { $0.model == "tuned" } ?? own.first)?.layer else {
        return [TransportFinding]()
      }
      func account(_ model: String) -> TransportAccount? {
        transport.first { $0.model == model && $0.position == position && $0.layer == layer }
      }
      guard let base = account("base") else { return [] }
      return TransportFinding.all(base: base, tuned: account("tuned"))
    }
  }

  /// Every tuned classifier against the same one on the base model, and against the base model's
  /// linear probe, each at its chosen layer.
  private func comparisons() -> [ClassificationFigures.Comparison] {
    var comparisons: [ClassificationFigures.Comparison] = []
    for position in evaluation.positions.map(\.rawValue) {
      for classifier in evaluation.classifiers {
        for other in classifier == .linearProbe ? [classifier] : [classifier, .linearProbe] {
          guard let tuned = chosen("tuned", position, classifier),
            let base = chosen("base", position, other)
          else { continue }
          let difference = bootstrap.estimate { weights in
            guard let after = share(right[tuned], weights), let before = share(right[base], weights)
            else { return nil }
            return after - before
          }
          guard let difference else { continue }
          comparisons.append(
            ClassificationFigures.Comparison(
              position: position, classifier: classifier, baseClassifier: other,
              tunedLayer: results[tuned].layer, baseLayer: results[base].layer,
              accuracy: difference, mcnemar: McNemar(first: right[base], second: right[tuned])))
        }
      }
    }
    return comparisons
  }

  /// The place of a classifier's result at the layer chosen for a model and position.
  private func chosen(_ model: String, _ position: String, _ classifier: Classifier) -> Int? {
    guard let choice = choices.first(where: { $0.model == model && $0.position == position })
    else { return nil }
    return results.firstIndex {
      $0.model == model && $0.position == position && $0.layer == choice.layer
        && $0.classifier == classifier
    }
  }
}
