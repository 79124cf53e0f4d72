extension LayoutOption {
  /// What maps that grow begin with. ``LayoutSettings/start(_:)`` reads it.
  package static let start = LayoutOption(
    "start", "what the map begins with: its principal components, or the concepts' means",
    choices: ["components", "concepts"], turnedOn: 1,
    caution: "Begun from the concepts' means, so that they lie apart is partly put in.")

  /// How much densities are kept, in the unit of the paper's own weight. Layouts whose objective has a
  /// ``DensityTerm`` read it.
  package static let density = LayoutOption(
    "density", "how much crowded rows stay crowded; 1 as densMAP and den-SNE have it, 0 not at all",
    standard: 0, in: 0...100, turnedOn: 1,
    caution: "Densities are kept, so a group that is wide on the map is wide in the states.")
}

extension LayoutSettings {
  /// Where points begin: as the caller has it, or by ``LayoutOption/start``; nil for the layout's own
  /// choice.
  ///
  /// - Throws: ``ProjectionError`` where concepts are asked for and rows have none.
  func start(_ given: Initialization?) throws(ProjectionError) -> Initialization? {
    if let given { return given }
    guard self[.start] != LayoutOption.start.standard else { return nil }
    guard let concepts else {
      throw .badOption(
        name: LayoutOption.start.name, found: "concepts, of rows without any",
        wanted: "the rows of a run, whose concepts are known")
    }
    return .concepts(concepts)
  }
}
