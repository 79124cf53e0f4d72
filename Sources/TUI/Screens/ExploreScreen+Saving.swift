import Core

extension ExploreScreen {
  /// The rows that are neither hidden nor left out by a search, with their places on the map and
  /// what the layer says of them.
  static func saveRows(_ state: ExploreState) -> [Effect] {
    guard let points = state.shownPoints else { return [] }
    let margins = state.separation?.margins ?? []
    let predicted = state.separation?.predicted ?? []
    var text = CSV.line(
      ["x", "y", "row", "concept", "taken_for", "margin", "tokens", "split", "token", "text"])
    for (index, row) in state.rows.enumerated() where state.isVisible(index) && state.isMatch(index)
    {
      let guess = predicted.indices.contains(index) ? Int(predicted[index]) : -1
      let margin = margins.indices.contains(index) ? margins[index] : .nan
      text += CSV.line([
        "\(points[index].x)", "\(points[index].y)", "\(row.row)", row.concept,
        state.concepts.indices.contains(guess) ? state.concepts[guess].name : "",
        margin.isFinite ? "\(margin)" : "", "\(row.tokens)", row.split ?? "", row.token ?? "",
        row.text,
      ])
    }
    let method =
      switch state.method {
      case .principal: "pca"
      case .tsne: "tsne"
      case .concepts: "concepts"
      }
    return [.saveText("seer-layer-\(state.layerNumber)-\(method).csv", text)]
  }
}
