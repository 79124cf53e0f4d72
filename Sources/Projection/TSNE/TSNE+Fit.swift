import LinearAlgebra

extension TSNE {
  /// What an observer sees of a map in the making.
  package struct Snapshot: Sendable {
    /// Steps taken, and in all.
    package let iteration: Int
    package let iterations: Int
    /// KL(P || Q) in nats, P without exaggeration.
    package let divergence: Double
    /// (rows, 2), in the order of the rows.
    package let points: Matrix
  }

  /// An observer's answer.
  package enum Continuation: Sendable { case goOn, stop }

  /// A finished map.
  package struct Result: Sendable {
    /// (rows, 2), in the order of the rows, around the origin.
    package let points: Matrix
    /// KL(P || Q) in nats.
    package let divergence: Double
    /// Steps taken: fewer than asked for when the observer stopped it.
    package let iterations: Int
    /// The perplexity that was used, and whether it had to be lowered for too few rows.
    package let perplexity: Float
    package let perplexityWasLowered: Bool
  }

  /// Makes a whole map: the stepwise interface in a loop.
  ///
  /// - Parameters:
  ///   - every: steps between two calls of the observer; 0 never calls it.
  ///   - checkpoint: called at most 20 ms of work apart; throws to cancel.
  ///   - progress: steps done and in all; during the preparation 0 steps.
  ///   - observer: sees the map and says whether to go on.
  package static func fit(
    _ matrix: Matrix, options: Options = Options(),
    initialization: Initialization = .principalComponents, every: Int = 50,
    checkpoint: Checkpoint = {}, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
    observer: ((Snapshot) -> Continuation)? = nil
  ) throws -> Result {
    let tsne = try TSNE(
      matrix, options: options, initialization: initialization, checkpoint: checkpoint)
    while tsne.iteration < options.iterations {
      try checkpoint()
      try tsne.step(checkpoint: checkpoint)
      progress(tsne.iteration, options.iterations)
      guard let observer, every > 0, tsne.iteration % every == 0 else { continue }
      let snapshot = Snapshot(
        iteration: tsne.iteration, iterations: options.iterations,
        divergence: tsne.divergence(), points: tsne.points)
      if observer(snapshot) == .stop { break }
    }
    return Result(
      points: tsne.points, divergence: tsne.divergence(), iterations: tsne.iteration,
      perplexity: tsne.affinities.perplexity,
      perplexityWasLowered: tsne.affinities.perplexityWasLowered)
  }

  /// The input of a map: the first principal components of a wide matrix, or the matrix itself
  /// when it is no wider than that.
  package static func reduced(
    _ matrix: Matrix, to width: Int = 50, checkpoint: Checkpoint = {}
  ) throws -> Matrix {
    try Reduction(of: matrix, to: width, checkpoint: checkpoint).apply(matrix)
  }
}
