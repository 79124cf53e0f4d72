import LinearAlgebra

extension LayerMap {
  /// Unit states along two directions.
  ///
  /// - Parameter axes: what to say that they are.
  static func along(
    _ chosen: ChosenAxes, as axes: MapAxes, _ states: Matrix, _ concepts: RowConcepts,
    checkpoint: Checkpoint
  ) throws -> LayerMap {
    let norms = try Self.norms(states)
    try checkpoint()
    let units = unitNormalised(states)
    let directions = try chosen.directions(of: units, concepts, checkpoint: checkpoint)
    try checkpoint()
    let map = directions.transform(units)
    return LayerMap(
      points: scaledToUnit(map).points, norms: norms,
      explained: [directions.varianceShare(map, of: units), 0], axes: axes,
      cosine: directions.cosine)
  }
}
