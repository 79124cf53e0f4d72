import SeerReports
import Testing

struct ExportedMapTests {
  /// A picture says which options its map was made with, and what they mean for a reader.
  @Test func picturesSayWhatTheirOptionsDo() {
    func map(_ method: String, _ settings: [String: String]) -> ExportedMap {
      ExportedMap(points: [], method: method, settings: settings)
    }
    let made = map("umap", ["density": "1", "start": "concepts", "neighbours": "15"])
    #expect(made.description == "UMAP, density 1, neighbours 15, start concepts, seed 0")
    #expect(made.cautions.count == 2)
    #expect(made.cautions.contains { $0.hasPrefix("Densities are kept") })
    #expect(made.cautions.contains { $0.hasPrefix("Begun from the concepts' means") })
    #expect(map("umap", ["density": "0", "start": "components"]).cautions.isEmpty)
    #expect(map("pca", [:]).cautions.isEmpty && map("map", ["start": "concepts"]).cautions.isEmpty)
    #expect(
      map("axes", ["axes": "x probe of a, y vector v"]).description
        == "Axes, axes x probe of a, y vector v")
  }
}
