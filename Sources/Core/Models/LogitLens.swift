import Foundation
import LinearAlgebra

/// A token that a state would be followed by.
package struct LensToken: Equatable, Sendable {
  package var id: Int32
  package var probability: Double

  package init(id: Int32, probability: Double) {
    self.id = id
    self.probability = probability
  }
}

/// The logit lens (nostalgebraist 2020): final norm and head on the states of any layer, as if the
/// blocks above added nothing.
extension Transformer {
  /// The likeliest next tokens of each state, likeliest first, the lower id first among equals. One
  /// product with the head for all states.
  ///
  /// - Parameters:
  ///   - states: (rows, width), of any layers.
  ///   - ends: what an adapter does to the head.
  package func lens(_ states: Matrix, top: Int, _ ends: AdapterEnds? = nil) -> [[LensToken]] {
    let logits = logits(states, ends).frozen()
    return (0..<logits.rows).map { row in
      let line = UnsafeBufferPointer(start: logits.row(row), count: logits.columns)
      let largest = Double(line.max() ?? 0)
      let total = line.reduce(0.0) { $0 + exp(Double($1) - largest) }
      return largestPlaces(line, top).map {
        LensToken(id: Int32($0), probability: exp(Double(line[$0]) - largest) / total)
      }
    }
  }
}

extension LanguageModel {
  /// The lens of every layer's state of one token: `[layer]`, from layer 0.
  package func lens(
    _ ids: [Int32], _ token: Int, top: Int, adapter: Adapter? = nil, checkpoint: Checkpoint = {}
  ) throws -> [[LensToken]] {
    try check(ids)
    precondition(ids.indices.contains(token))
    var batch = Batch()
    batch.append(configuration.isCausal ? Array(ids[...token]) : ids, of: ids.count)
    let states = try transformer.forward(
      batch, adapter: adapter,
      request: ForwardRequest(
        layers: Array(0...configuration.blocks), spans: [token..<token + 1]),
      activations: activations(tokens: batch.tokens.count), checkpoint: checkpoint
    ).states
    // A few layers at a time: whatever is more urgent waits for one product at most.
    var layers: [[LensToken]] = []
    for first in stride(from: 0, to: states.count, by: Self.lensLayers) {
      try checkpoint()
      let some = states[first..<min(states.count, first + Self.lensLayers)]
      layers += transformer.lens(
        Matrix(stacking: Array(some), columns: configuration.width), top: top, adapter?.ends)
    }
    return layers
  }

  private static let lensLayers = 8
}

/// The places of the largest values, largest first, lower places first among equals. O(count x top)
/// at worst.
private func largestPlaces(_ values: UnsafeBufferPointer<Float>, _ count: Int) -> [Int] {
  var places: [Int] = []
  for place in values.indices {
    if places.count == count, let last = places.last, !(values[place] > values[last]) { continue }
    let rank = places.firstIndex { values[place] > values[$0] } ?? places.count
    places.insert(place, at: rank)
    if places.count > count { places.removeLast() }
  }
  return places
}
