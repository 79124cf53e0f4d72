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
  /// The prompt of each row as a number: the labels of a prompt's rows change places as one list.
  /// Nil where every row (or group) is a prompt by itself.
  package var prompts: [Int]?
  /// Other rows that give prototypes and probe; every row of `states` is then a test row, unless
  /// its split says otherwise.
  package var training: Training?

  package struct Training: Sendable {
    package var states: Matrix
    package var labels: [Int]
    /// As the sample's own.
    package var groups: [Int]?
    package var prompts: [Int]?

    package init(
      states: Matrix, labels: [Int], groups: [Int]? = nil, prompts: [Int]? = nil
    ) {
      self.states = states
      self.labels = labels
      self.groups = groups
      self.prompts = prompts
    }
  }

  package init(
    states: Matrix, labels: [Int], concepts: Int, folds: Folds, groups: [Int]? = nil,
    prompts: [Int]? = nil, training: Training? = nil
  ) {
    self.states = states
    self.labels = labels
    self.concepts = concepts
    self.folds = folds
    self.groups = groups
    self.prompts = prompts
    self.training = training
  }

  /// Labelings as they would be if labels meant nothing.
  package func permuted(count: Int, seed: UInt64) -> [[Int]] {
    permutedLabelings(labels, groups: groups, prompts: prompts, count: count, seed: seed)
  }
}

/// What the classifiers see: all rows that teach or are judged.
package struct HeldOutRows {
  package var states: Matrix
  package var labels: [Int]
  package var folds: Folds
  package var groups: [Int]?
  package var prompts: [Int]?

  /// The sample's own rows by its folds, or its training rows followed by its test rows.
  package init(_ sample: LayerSample) {
    guard let training = sample.training else {
      self.states = sample.states
      labels = sample.labels
      folds = sample.folds
      groups = sample.groups
      prompts = sample.prompts
      return
    }
    let first = training.states.rows
    states = Matrix(
      stacking: [training.states, sample.states], columns: sample.states.columns)
    labels = training.labels + sample.labels
    let test =
      sample.folds.folds.count == 1 ? sample.folds.folds[0].test : Array(sample.labels.indices)
    folds = Folds([.init(train: Array(0..<first), test: test.map { $0 + first })])
    groups = Self.joined(training.groups, first, sample.groups, sample.states.rows)
    prompts = Self.joined(training.prompts, first, sample.prompts, sample.states.rows)
  }

  /// The numbers of training rows and those of test rows, none of them shared; rows of a side
  /// without numbers are one each.
  private static func joined(
    _ training: [Int]?, _ first: Int, _ test: [Int]?, _ count: Int
  ) -> [Int]? {
    guard training != nil || test != nil else { return nil }
    let training = training ?? Array(0..<first)
    let free = (training.max() ?? -1) + 1
    return training + (test ?? Array(0..<count)).map { $0 + free }
  }

  /// Labelings as they would be if labels meant nothing.
  package func permuted(count: Int, seed: UInt64) -> [[Int]] {
    permutedLabelings(labels, groups: groups, prompts: prompts, count: count, seed: seed)
  }

  /// The number of a row's prompt.
  package func prompt(_ row: Int) -> Int { prompts?[row] ?? groups?[row] ?? row }

  /// Folds of a fold's training rows alone; rows of a prompt stay together.
  package func innerFolds(of fold: Folds.Fold, seed: UInt64) -> Folds {
    let inner = Folds(
      prompts: fold.train.map { "\(prompt($0))" },
      splits: fold.train.map { _ in nil }, seed: seed)
    return Folds(
      inner.folds.map { inner in
        Folds.Fold(
          train: inner.train.map { fold.train[$0] }, test: inner.test.map { fold.train[$0] })
      })
  }
}
