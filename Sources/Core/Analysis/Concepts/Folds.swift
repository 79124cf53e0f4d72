import LinearAlgebra

/// Which rows teach and which are judged, once or several times over: the split rule of
/// held-out figures.
package struct Folds: Equatable, Sendable {
  /// Row indices in ascending order.
  package struct Fold: Equatable, Sendable {
    package var train: [Int]
    package var test: [Int]

    package init(train: [Int], test: [Int]) {
      self.train = train
      self.test = test
    }
  }

  /// Empty where nothing can be held out: one prompt only, or a split with one side.
  package var folds: [Fold]

  package init(_ folds: [Fold]) { self.folds = folds }

  /// One fold by the given split where every row has a side; else `count` folds of about equal
  /// size, drawn by the seed, in which rows with the same prompt stay together.
  package init(
    prompts: [String], splits: [ConceptSet.Side?], count: Int = 5, seed: UInt64 = 0
  ) {
    precondition(prompts.count == splits.count && count > 1)
    if !splits.contains(nil) {
      let fold = Fold(
        train: splits.indices.filter { splits[$0] == .train },
        test: splits.indices.filter { splits[$0] == .test })
      folds = fold.train.isEmpty || fold.test.isEmpty ? [] : [fold]
      return
    }
    let groupOfRow = numbered(prompts)
    var groups = [[Int]](repeating: [], count: (groupOfRow.max() ?? -1) + 1)
    for (row, group) in groupOfRow.enumerated() { groups[group].append(row) }
    guard groups.count > 1 else {
      folds = []
      return
    }
    var random = SeededGenerator(seed: seed)
    var tests = [[Int]](repeating: [], count: min(count, groups.count))
    for group in random.permutation(groups.count) {
      let smallest = tests.indices.min { tests[$0].count < tests[$1].count } ?? 0
      tests[smallest] += groups[group]
    }
    folds = tests.map { test in
      var isTest = [Bool](repeating: false, count: prompts.count)
      for row in test { isTest[row] = true }
      return Fold(train: prompts.indices.filter { !isTest[$0] }, test: test.sorted())
    }
  }
}

/// Each key's number, counted in the order of their first appearance; keys are equal when their
/// bytes are. O(length of all keys).
package func numbered(_ keys: [String]) -> [Int] {
  var numbers: [[UInt8]: Int] = [:]
  return keys.map { key in
    let bytes = Array(key.utf8)
    let number = numbers[bytes, default: numbers.count]
    numbers[bytes] = number
    return number
  }
}
