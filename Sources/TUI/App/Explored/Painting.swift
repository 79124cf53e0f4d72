/// The group in which every row is drawn: worked out once for what it depends on, not once a frame.
package struct Painting: Equatable, Sendable {
  /// Everything the groups depend on. Arrays that are still the same ones compare at once.
  package struct Inputs: Equatable, Sendable {
    package var mode: ColorMode
    package var conceptOfRow: [Int32]
    package var concepts: Int
    /// For each row the concept it was taken for, -1 where it was not; empty where not needed.
    package var predicted: [Int32]
    /// Of a mode that shows numbers.
    package var values: [Float]?
    /// Of the mode that shows experts.
    package var experts: RowExperts?
    package var isConceptHidden: [Bool]
    package var matches: [Bool]?
    package var hidesRest: Bool

    package init(
      mode: ColorMode, conceptOfRow: [Int32], concepts: Int, predicted: [Int32],
      values: [Float]? = nil, experts: RowExperts? = nil, isConceptHidden: [Bool],
      matches: [Bool]? = nil, hidesRest: Bool
    ) {
      self.mode = mode
      self.conceptOfRow = conceptOfRow
      self.concepts = concepts
      self.predicted = predicted
      self.values = values
      self.experts = experts
      self.isConceptHidden = isConceptHidden
      self.matches = matches
      self.hidesRest = hidesRest
    }
  }

  /// The steps of the scale of numbers.
  package static let steps = 8

  package let inputs: Inputs
  /// For each row its group, -1 where it is not drawn.
  package let groups: [Int32]
  /// The groups of the rows a search has not found; empty where none are drawn.
  package let rest: [Int32]
  package let groupCount: Int
  /// What the first and the last step of the numbers stand for.
  package let range: ClosedRange<Float>?

  /// O(rows); with numbers, a sort of at most 4,096 of them.
  package init(_ inputs: Inputs) {
    self.inputs = inputs
    range = inputs.values.map(Self.bulk)
    switch inputs.mode {
    case .concept, .predicted: groupCount = inputs.concepts + 1
    case .rightWrong: groupCount = 3
    case .expert: groupCount = (inputs.experts?.experts.count ?? 0) + 1
    case .number: groupCount = Self.steps + 1
    }
    let rows = inputs.conceptOfRow.count
    var groups = [Int32](repeating: -1, count: rows)
    let dims = inputs.matches != nil && !inputs.hidesRest
    var rest = [Int32](repeating: -1, count: dims ? rows : 0)
    for row in 0..<rows where !inputs.isConceptHidden[Int(inputs.conceptOfRow[row])] {
      let group = Self.group(row, inputs, range)
      if inputs.matches?[row] ?? true {
        groups[row] = group
      } else if dims {
        rest[row] = group
      }
    }
    self.groups = groups
    self.rest = rest
  }

  /// The group of a row, whether it is drawn or not.
  package func group(_ row: Int) -> Int32 { Self.group(row, inputs, range) }

  @inline(__always)
  private static func group(
    _ row: Int, _ inputs: Inputs, _ range: ClosedRange<Float>?
  ) -> Int32 {
    switch inputs.mode {
    case .concept: return inputs.conceptOfRow[row]
    case .predicted:
      let predicted = inputs.predicted[row]
      return predicted >= 0 ? predicted : Int32(inputs.concepts)
    case .rightWrong:
      let predicted = inputs.predicted[row]
      if predicted < 0 { return 2 }
      return predicted == inputs.conceptOfRow[row] ? 0 : 1
    case .expert:
      guard let experts = inputs.experts else { return 0 }
      return experts.ofRow[row] >= 0 ? experts.ofRow[row] : Int32(experts.experts.count)
    case .number:
      guard let values = inputs.values, let range, !values[row].isNaN else {
        return Int32(steps)
      }
      let width = range.upperBound - range.lowerBound
      guard width > 0 else { return Int32(steps / 2) }
      let share = (values[row] - range.lowerBound) / width
      return Int32(max(0, min(Float(steps - 1), (share * Float(steps)).rounded(.down))))
    }
  }

  /// From the 2nd to the 98th of a hundred: one row far off must not make all others alike.
  private static func bulk(_ values: [Float]) -> ClosedRange<Float> {
    let step = max(1, values.count / 4096)
    var sample: [Float] = []
    for index in stride(from: 0, to: values.count, by: step) where values[index].isFinite {
      sample.append(values[index])
    }
    sample.sort()
    guard !sample.isEmpty else { return 0...0 }
    let low = sample[(sample.count - 1) * 2 / 100]
    let high = sample[(sample.count - 1) - (sample.count - 1) * 2 / 100]
    return low...max(low, high)
  }
}

extension ExploreState {
  /// How rows are painted, from the last event or afresh where the state has changed since.
  package var painted: Painting {
    let inputs = paintingInputs
    if let painting = look.painting, painting.inputs == inputs { return painting }
    return Painting(inputs)
  }

  /// Without what a mode needs of the layer, concepts are shown.
  private var paintingInputs: Painting.Inputs {
    let values: [Float]? =
      if case .number(let column) = look.colorMode { column.values(self) } else { nil }
    let predicted = look.colorMode == .concept ? [] : separation?.predicted ?? []
    let experts = look.colorMode == .expert ? currentExperts : nil
    var mode = look.colorMode
    switch look.colorMode {
    case .concept: break
    case .predicted, .rightWrong: if predicted.count != run.rows.count { mode = .concept }
    case .expert: if experts?.ofRow.count != run.rows.count { mode = .concept }
    case .number: if values?.count != run.rows.count { mode = .concept }
    }
    return Painting.Inputs(
      mode: mode, conceptOfRow: run.conceptOfRow, concepts: run.concepts.count,
      predicted: mode == .predicted || mode == .rightWrong ? predicted : [],
      values: mode == .concept ? nil : values, experts: mode == .expert ? experts : nil,
      isConceptHidden: filter.isConceptHidden,
      matches: filter.search?.matches, hidesRest: filter.search?.hidesRest ?? false)
  }

  /// Keeps the painting of this state for the frames to come.
  package mutating func paint() {
    let inputs = paintingInputs
    if look.painting?.inputs != inputs { look.painting = Painting(inputs) }
  }
}
