import Foundation
import SeerApp
import SeerRuns
import Testing

/// What version 0.1 kept of a run, byte for byte, opens although concepts are in another order now.
@Suite struct OldViewTests {
  private static let written = """
    {"bookmarks":[2],"color":"concept","conceptAxes":["violence","bias"],"concepts":"set",\
    "cursor":1,"format":1,"groups":[{"name":"mine","rows":[0,2]}],"hidden":["violence"],"layer":1,\
    "marks":"dots","method":"concept axes","metric":"cosine","pair":0,"panX":0.25,"panY":0,\
    "rows":3,"showsNeighbours":true,"strip":"silhouette","zoom":1.5}
    """

  @Test func namesFindTheirConcepts() throws {
    let view = try JSONDecoder().decode(SavedView.self, from: Data(Self.written.utf8))
    let rows = ["violence", "honesty", "bias"].enumerated().map {
      RunRow(row: $0, text: "t", concept: $1, tokens: 1)
    }
    var state = ExploreState(
      RunSource(
        model: "m", concepts: "set", layers: [0, 1], rows: rows,
        states: { _ in throw Problem("none") }))
    let isTaken = state.restore(view)
    #expect(isTaken)
    #expect(state.run.concepts.map(\.name) == ["bias", "honesty", "violence"])
    #expect(
      state.filter.hidden == [2] && state.chart.conceptAxes == SIMD2(2, 0) && state.layer == 1)
    #expect(state.savedView == view)
  }

  /// A map that grows is made again when it is asked for, whatever version wrote its name.
  @Test(arguments: ["t-SNE", "PCA", "UMAP", "?"]) func otherMethods(name: String) throws {
    var state = Fixture.explore()
    var view = state.savedView
    view.method = name
    let isTaken = state.restore(view)
    #expect(isTaken && state.chart.method == .principal)
  }

  /// What is saved while a map grows opens in 0.1, too.
  @Test func savedWhileAMapGrows() {
    #expect(Fixture.app(80, 24).after("p", "p").explore.savedView.method == "PCA")
  }
}
