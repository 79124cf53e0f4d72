import LinearAlgebra

/// Labels as they would be if they meant nothing: the one permutation of every null.
///
/// Rows of one prompt are not independent, and may carry several labels. So whole prompts change
/// places: each takes over the list of labels of another prompt with equally many rows, in its
/// order. A prompt that no other equals in rows keeps its own. Where every prompt has one row this is
/// the plain permutation of the labels.
///
/// - Parameters:
///   - groups: rows with the same number have one label together (the tokens of one text) and
///     count as one row of their prompt; nil where every row stands for itself.
///   - prompts: rows with the same number are of one prompt; nil where every row (or group) is.
/// - Returns: `count` labelings; the same for the same seed. O(count x rows).
package func permutedLabelings(
  _ labels: [Int], groups: [Int]? = nil, prompts: [Int]? = nil, count: Int, seed: UInt64
) -> [[Int]] {
  let groups = groups ?? Array(labels.indices)
  // A unit is what has one label: numbered in the order of its first row.
  var unitOfGroup: [Int: Int] = [:]
  var labelOfUnit: [Int] = []
  var placeOfPrompt: [Int: Int] = [:]
  var unitsOfPrompt: [[Int]] = []
  let unitOfRow = groups.enumerated().map { row, group in
    if let unit = unitOfGroup[group] { return unit }
    let unit = labelOfUnit.count
    unitOfGroup[group] = unit
    labelOfUnit.append(labels[row])
    let prompt = prompts?[row] ?? unit
    if let place = placeOfPrompt[prompt] {
      unitsOfPrompt[place].append(unit)
    } else {
      placeOfPrompt[prompt] = unitsOfPrompt.count
      unitsOfPrompt.append([unit])
    }
    return unit
  }
  let sizes = Set(unitsOfPrompt.map(\.count)).sorted()
  let equals = sizes.map { size in unitsOfPrompt.filter { $0.count == size } }
  var random = SeededGenerator(seed: seed)
  return (0..<count).map { _ in
    var permuted = labelOfUnit
    for prompts in equals {
      for (own, other) in random.permutation(prompts.count).enumerated() {
        for (unit, taken) in zip(prompts[own], prompts[other]) {
          permuted[unit] = labelOfUnit[taken]
        }
      }
    }
    return unitOfRow.map { permuted[$0] }
  }
}
