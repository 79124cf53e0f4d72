/// What the colour and the mark of a point say.
package enum ColorMode: Hashable, Sendable {
  case concept
  /// The concept it was taken for when held out.
  case predicted
  case rightWrong
  /// The expert of the layer's block that weighs most for it.
  case expert
  case number(NumberColumn)

  /// As titles and messages name it.
  package func name(_ state: ExploreState) -> String {
    switch self {
    case .concept: "concept"
    case .predicted: "nearest prototype"
    case .rightWrong: "right or wrong"
    case .expert: state.isRouted ? "top expert" : "top expert: no router at this layer"
    case .number(let column): column.name(state)
    }
  }

  /// The modes a run has, in the order of their key.
  package static func all(_ state: ExploreState) -> [ColorMode] {
    (state.run.concepts.count > 1 ? [.concept, .predicted, .rightWrong] : [.concept])
      + (state.run.routedLayers.isEmpty ? [] : [.expert])
      + NumberColumn.all(state).map { .number($0) }
  }
}

/// A number that every row has, or may have.
package enum NumberColumn: Hashable, Sendable {
  /// How much nearer the state is to its own concept's prototype than to the next, held out.
  case margin
  case tokens
  /// Which token of its text the row is, from 0, where every token is a row.
  case position
  /// The state's length.
  case norm
  /// A column of numbers of `rows.csv`, by its index among ``ExploreState/columns``.
  case column(Int)

  package func name(_ state: ExploreState) -> String {
    switch self {
    case .margin: "margin"
    case .tokens: "tokens"
    case .position: "position"
    case .norm: "norm"
    case .column(let index):
      state.run.columns.indices.contains(index) ? state.run.columns[index].name : ""
    }
  }

  package static func all(_ state: ExploreState) -> [NumberColumn] {
    (state.run.concepts.count > 1 ? [.margin] : [])
      + (state.run.tokenCounts.contains { $0 > 0 } ? [.tokens] : [])
      + (state.run.positions.isEmpty ? [] : [.position]) + [.norm]
      + state.run.columns.indices.map { .column($0) }
  }

  /// One value for each row, NaN where it has none; nil while it is not there yet.
  package func values(_ state: ExploreState) -> [Float]? {
    switch self {
    case .margin: state.separation?.margins
    case .tokens: state.run.tokenCounts
    case .position: state.run.positions
    case .norm:
      state.chart.maps.indices.contains(state.layer)
        ? state.chart.maps[state.layer].map?.norms : nil
    case .column(let index):
      state.run.columns.indices.contains(index) ? state.run.columns[index].values : nil
    }
  }
}
