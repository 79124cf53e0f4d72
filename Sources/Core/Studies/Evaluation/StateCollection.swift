import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns
import SeerTokenizers

/// Hidden states of many rows kept in memory: `states[position][layer]`, each (rows, width).
struct CollectedStates {
  let positions: [Position]
  let layers: [Int]
  let states: [[Matrix]]
}

extension LanguageModel {
  /// Runs each row once and keeps its states at all the layers and positions asked for.
  ///
  /// - Parameters:
  ///   - positions: not `all`.
  ///   - report: called with the tokens done after each batch.
  func collectStates(
    of rows: [RenderedRow], positions: [Position], layers: [Int], adapter: Adapter?,
    checkpoint: () throws -> Void, report: (_ tokens: Int) -> Void
  ) throws -> CollectedStates {
    precondition(!positions.contains(.all), "one state a row and position")
    var states = positions.map { _ in
      layers.map { _ in MutableMatrix(rows: rows.count, columns: configuration.width) }
    }
    let longest = rows.reduce(1) { max($0, $1.ids.count) }
    let capacity = max(longest, batchTokens)
    let activations = activations(tokens: capacity)
    var first = 0
    var tokens = 0
    while first < rows.count {
      var batch = Batch()
      var spans: [Range<Int>] = []
      var end = first
      while end < rows.count,
        batch.rows.isEmpty || batch.tokens.count + rows[end].ids.count <= capacity
      {
        let start = batch.tokens.count
        batch.append(rows[end].ids)
        for position in positions {
          let span = position.spans(of: rows[end])[0]
          spans.append(span.lowerBound + start..<span.upperBound + start)
        }
        end += 1
      }
      let result = try transformer.forward(
        batch, adapter: adapter, request: ForwardRequest(layers: layers, spans: spans),
        activations: activations, checkpoint: checkpoint)
      for (layer, captured) in result.states.enumerated() {
        for row in first..<end {
          for position in positions.indices {
            states[position][layer].row(row).update(
              from: captured.row((row - first) * positions.count + position),
              count: captured.columns)
          }
        }
      }
      tokens += batch.tokens.count
      report(tokens)
      first = end
    }
    let frozen = positions.indices.map { position in
      layers.indices.map { MutableMatrix.freeze(&states[position][$0]) }
    }
    return CollectedStates(positions: positions, layers: layers, states: frozen)
  }
}
