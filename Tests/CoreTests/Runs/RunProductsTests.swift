import Foundation
import LinearAlgebra
import SeerRuns
import SeerSupport
import TestSupport
import Testing

/// Questions about some rows, answered without reading a whole layer.
@Suite struct RunProductsTests {
  @Test func productsAreThoseOfTheStates() throws {
    let folder = try TemporaryFolder()
    try RunBuilder.clusters().write(to: folder("run"))
    let run = try Run.open(folder("run"))
    var generator = SeededGenerator(seed: 5)
    let vector = (0..<run.manifest.width).map { _ in generator.normal() }
    for layer in run.manifest.layers {
      let states = try run.states(layer: layer)
      let products = try run.products(layer: layer, with: vector)
      #expect(products.count == states.rows)
      for row in 0..<states.rows {
        let exact = zip(states.values(row: row), vector).reduce(0.0) {
          $0 + Double($1.0) * Double($1.1)
        }
        #expect(abs(Double(products[row]) - exact) <= 1e-5 * (1 + abs(exact)), "row \(row)")
      }
      let some = try run.states(layer: layer, rows: [5, 0, 5])
      #expect(some.values(row: 0) == states.values(row: 5))
      #expect(some.values(row: 1) == states.values(row: 0))
      #expect(some.values(row: 2) == states.values(row: 5))
    }
    #expect(throws: Failure.self) { try run.products(layer: 99, with: vector) }
    #expect(throws: Failure.self) { try run.states(layer: 99, rows: [0]) }
  }
}
