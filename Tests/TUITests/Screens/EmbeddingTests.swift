import SeerRuns
import SeerScreens
import SeerSupport
import TestSupport
import Testing

@Suite struct EmbeddingTests {
  private func embedding(_ state: AppState, iteration: Int, isDone: Bool = false) -> Embedding {
    let points = state.explore.chart.maps[state.explore.layer].map?.points ?? []
    // A mirrored picture of the principal components: fixed, and told from them at a glance.
    let layout = points.map { SIMD2(-$0.x, $0.y) }
    return Embedding(
      layer: state.explore.layer, points: layout, layout: layout, iteration: iteration,
      iterations: 750, divergence: 1.25, isDone: isDone)
  }

  @Test func thePictureFollowsTheRun() throws {
    var state = Fixture.app(110, 30)
    let effects = update(&state, .key(.character("p")))
    guard case .startTSNE(let index, let run, let start)? = effects.last?.of(ExploreEffect.self)
    else {
      Issue.record("nothing was started: \(effects.count)")
      return
    }
    #expect(index == 23 && !start.goesOn && start.settings.perplexity == 30)
    try expectSnapshot(render(state), "tsne-starting")
    _ = update(&state, .explore(.embedding(run: run, .success(embedding(state, iteration: 400)))))
    try expectSnapshot(render(state), "tsne-live")
    _ = update(
      &state,
      .explore(.nearest(.success(NearestRows(row: 0, layer: 23, rows: [6], values: [0.75])))))
    #expect(update(&state, .key(.character(" "))) == [.explore(.pauseTSNE(true))])
    #expect(!state.explore.isBusy)
    try expectSnapshot(render(state), "tsne-paused")
    #expect(update(&state, .key(.character(" "))) == [.explore(.pauseTSNE(false))])
    let done = embedding(state, iteration: 750, isDone: true)
    let after = update(&state, .explore(.embedding(run: run, .success(done))))
    #expect(after.contains(.explore(.judge(QualityKey(layer: 23, method: .tsne)))))
    _ = update(
      &state,
      .explore(
        .judged(
          QualityKey(layer: 23, method: .tsne),
          MapTrust(trustworthiness: 0.9375, neighboursKept: 0.625))))
    #expect(!state.explore.isBusy)
    try expectSnapshot(render(state), "tsne-done")
  }

  @Test func anotherLayerStopsTheRunAndBeginsItsOwn() {
    var state = Fixture.app(80, 24).after("p")
    let effects = update(&state, .key(.character("l")))
    #expect(effects.first == .explore(.stopTSNE))
    guard case .startTSNE(let index, let run, _)? = effects.last?.of(ExploreEffect.self) else {
      Issue.record("nothing was started: \(effects)")
      return
    }
    #expect(index == 24 && run == 2)
    // What the first run still had to say is dropped.
    _ = update(&state, .explore(.embedding(run: 1, .success(embedding(state, iteration: 3)))))
    #expect(state.explore.tsneMaps.embeddings.isEmpty)
    #expect(update(&state, .key(.character("p"))) == [.explore(.stopTSNE)])
    #expect(state.explore.tsneMaps.running == nil && state.explore.chart.method == .principal)
  }

  @Test func perplexityGoesOnFromTheLayout() {
    var state = Fixture.app(80, 24).after("p")
    let shown = embedding(state, iteration: 750, isDone: true)
    _ = update(&state, .explore(.embedding(run: 1, .success(shown))))
    let effects = update(&state, .key(.character("}")))
    #expect(
      effects.first
        == .explore(
          .startTSNE(
            index: 23, run: 2,
            TSNEStart(
              points: shown.layout, goesOn: true, settings: TSNESettings(perplexity: 45, seed: 0))))
    )
    #expect(state.explore.shownPoints == shown.points, "the map stays until the new one comes")
    let reseeded = update(&state, .key(.character("r")))
    guard case .startTSNE(_, _, let start)? = reseeded.last?.of(ExploreEffect.self) else {
      Issue.record("nothing was started: \(reseeded)")
      return
    }
    #expect(!start.goesOn && start.settings.seed == 1)
  }

  @Test func failureGoesBackToPCA() {
    var state = Fixture.app(80, 24).after("p")
    _ = update(&state, .explore(.embedding(run: 1, .failure(Problem("not finite")))))
    #expect(state.explore.chart.method == .principal && state.message?.isError == true)
  }

  @Test func tooFewRows() {
    let state = Fixture.app(80, 24, Fixture.explore(rows: Fixture.rows(3), concepts: 3)).after("p")
    #expect(state.explore.chart.method == .principal && state.message?.isError == true)
  }

  @Test func mapsOfNeighbouringLayersDoNotFlip() throws {
    let run = try RunFixture(layers: 2)
    defer { run.remove() }
    let source = try RunSource(Run.open(run.folder))
    let session = Session(
      Fixture.app(110, 30, ExploreState(source)), Workspace(run: source), engine: Engine(),
      mailbox: try Mailbox())
    session.waitUntilIdle()
    session.handle(.key(.character("p")))
    session.waitUntilIdle()
    let first = try #require(session.state.explore.embedding)
    #expect(first.isDone && session.state.explore.trust?.neighboursKept != nil)
    session.handle(.key(.character("h")))
    session.waitUntilIdle()
    let second = try #require(session.state.explore.embedding)
    #expect(second.layer == 0 && second.isDone)
    var same: Float = 0
    var mirrored: Float = 0
    for (p, q) in zip(first.points, second.points) {
      same += ((p - q) * (p - q)).sum()
      mirrored += ((p + q) * (p + q)).sum()
    }
    #expect(same < mirrored)
  }
}
