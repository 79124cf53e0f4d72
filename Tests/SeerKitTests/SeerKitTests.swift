import LinearAlgebra
import SeerKit
import SeerMonitor
import SeerProjection
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// What other packages call gives what the engine gives.
struct SeerKitTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture(rows: 30) }

  private func extracted(to name: String) throws -> HiddenStates {
    try HiddenStates.extract(
      model: Fixtures.tinyModel, concepts: fixture.concepts, into: fixture.folder(name),
      template: .plain, position: .mean)
  }

  @Test func statesAreTheRuns() throws {
    let states = try extracted(to: "kit")
    try fixture.run(fixture.extraction(to: "run", .mean))
    let run = try Run.open(fixture.folder("run"))
    #expect(states.layers == TinyLlama.allLayers && states.width == 64)
    #expect(states.rows.map(\.text) == run.rows.map(\.text))
    #expect(states.rows.map(\.concept) == run.rows.map(\.concept))
    for layer in states.layers {
      #expect(try states.matrix(layer: layer).values == run.states(layer: layer).values)
    }
  }

  @Test func whereProgressSaysStopNothingIsLeftButWhatResumes() throws {
    #expect(throws: (any Error).self) {
      try HiddenStates.extract(
        model: Fixtures.tinyModel, concepts: fixture.concepts, into: fixture.folder("stopped"),
        template: .plain, progress: { _ in false })
    }
    #expect(throws: (any Error).self) { try HiddenStates(contentsOf: fixture.folder("stopped")) }
    #expect(try extracted(to: "stopped-not").rows.count == 30)
  }

  @Test(arguments: projectionMethods)
  func mapsAreTheLayouts(method: String) throws {
    let states = try extracted(to: "run").matrix(layer: 2)
    let layout = try #require(Layouts.named(method))
    let expected = try layout.map(states, LayoutSettings(components: 2, seed: 3)).points
    #expect(try project(states, by: method, seed: 3).values == expected.values)
  }

  @Test func anUnknownMethodIsNamed() throws {
    let states = Matrix(rows: 4, columns: 2) { Float($0 + $1) }
    do {
      _ = try project(states, by: "lda")
      Issue.record("no error")
    } catch {
      #expect("\(error)".contains("lda") && "\(error)".contains("pca"))
    }
  }

  @Test func scoresAreTheScorers() throws {
    _ = try extracted(to: "run")
    let folder = fixture.folder("run")
    let scorer = try ConceptScorer(
      model: Fixtures.tinyModel, run: folder, layer: 2, template: .plain)
    let tokens = try scorer.score("the blue sky")
    let ours = try Scorer(
      model: Fixtures.tinyModel, adapter: nil, run: folder, layer: 2, template: .plain)
    var expected: [ScoredToken] = []
    try ours.score([ScoringInput(prompt: "the blue sky")]) { _, result in
      expected = try result.get().tokens
    }
    #expect(scorer.concepts == ["a", "b, c"])
    #expect(tokens.map(\.id) == expected.map(\.id) && !tokens.isEmpty)
    #expect(tokens.map(\.scores) == expected.map(\.scores.scores))
    for token in tokens where token.top != nil {
      let best = token.scores.max()
      #expect(
        token.top.flatMap { scorer.concepts.firstIndex(of: $0) }
          .map { token.scores[$0] } == best)
    }
  }
}
