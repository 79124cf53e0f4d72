import LinearAlgebra

/// One layer's states with what the figures of separation need besides.
package struct LayerSample: Sendable {
  /// (rows, width): the rows that are measured.
  package var states: Matrix
  /// Each row's concept, below `concepts`.
  package var labels: [Int]
  package var concepts: Int
  /// Which rows are held out, where there are no training states of their own.
  package var folds: Folds
  /// Rows that get one label together when labels are permuted: the tokens of one text. Nil where
  /// every row is one by itself.
  package var groups: [Int]?
  /// Other rows that give prototypes and probe; every row of `states` is then a test row, unless
  /// its split says otherwise.
  package var training: Training?

  package struct Training: Sendable {
    package var states: Matrix
    package var labels: [Int]

    package init(states: Matrix, labels: [Int]) {
      self.states = states
      self.labels = labels
    }
  }

  package init(
    states: Matrix, labels: [Int], concepts: Int, folds: Folds, groups: [Int]? = nil,
    training: Training? = nil
  ) {
    self.states = states
    self.labels = labels
    self.concepts = concepts
    self.folds = folds
    self.groups = groups
    self.training = training
  }
}

/// What the classifiers see: all rows that teach or are judged.
package struct HeldOutRows {
  package var states: Matrix
  package var labels: [Int]
  package var folds: Folds
  package var groups: [Int]?

  /// The sample's own rows by its folds, or its training rows followed by its test rows.
  package init(_ sample: LayerSample) {
    guard let training = sample.training else {
      self.states = sample.states
      labels = sample.labels
      folds = sample.folds
      groups = sample.groups
      return
    }
    let first = training.states.rows
    let joined = Matrix(rows: first + sample.states.rows, columns: sample.states.columns)
    joined.elements.update(from: training.states.elements, count: training.states.count)
    joined.row(first).update(from: sample.states.elements, count: sample.states.count)
    states = joined
    labels = training.labels + sample.labels
    let test =
      sample.folds.folds.count == 1 ? sample.folds.folds[0].test : Array(sample.labels.indices)
    folds = Folds([.init(train: Array(0..<first), test: test.map { $0 + first })])
    groups = sample.groups.map { groups in
      // Training rows are one each.
      let most = (groups.max() ?? 0) + 1
      return (0..<first).map { most + $0 } + groups
    }
  }

  /// Folds of a fold's training rows alone; groups stay together.
  package func innerFolds(of fold: Folds.Fold, seed: UInt64) -> Folds {
    let inner = Folds(
      prompts: fold.train.map { "\(groups?[$0] ?? $0)" },
      splits: fold.train.map { _ in nil }, seed: seed)
    return Folds(
      inner.folds.map { inner in
        Folds.Fold(
          train: inner.train.map { fold.train[$0] }, test: inner.test.map { fold.train[$0] })
      })
  }
}

/// Labels as they would be if they meant nothing.
///
/// - Parameter groups: rows with the same number keep a label together.
package func permutedLabelings(
  _ labels: [Int], groups: [Int]?, count: Int, seed: UInt64
) -> [[Int]] {
  var random = SeededGenerator(seed: seed)
  guard let groups else {
    return (0..<count).map { _ in random.permutation(labels.count).map { labels[$0] } }
  }
  var places: [Int: Int] = [:]
  var labelOfPlace: [Int] = []
  let placeOfRow = groups.enumerated().map { row, group in
    if let place = places[group] { return place }
    places[group] = labelOfPlace.count
    labelOfPlace.append(labels[row])
    return labelOfPlace.count - 1
  }
  return (0..<count).map { _ in
    let order = random.permutation(labelOfPlace.count)
    return placeOfRow.map { labelOfPlace[order[$0]] }
  }
}
