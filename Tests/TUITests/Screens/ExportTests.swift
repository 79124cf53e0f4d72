import Foundation
import SeerApp
import SeerExploreScreen
import SeerReports
import SeerRuns
import SeerSupport
import TestSupport
import Testing

/// The map, its rows and the states as files, from inside.
@Suite struct ExportTests {
  @Test func theNamesEndingChoosesTheFormat() throws {
    let asked = Fixture.app(80, 24).after("X")
    #expect(asked.context == .exporting)
    #expect(asked.explore.export.asked?.path == "seer-layer-23-pca.csv")
    try expectSnapshot(render(asked), "export-asked")
    try expectSnapshot(render(Fixture.app(40, 12).after("X")), "export-asked-40x12")
    var paths: [String] = []
    var state = asked
    for _ in ExportFormat.allCases {
      state = state.after("Tab")
      paths.append(state.explore.export.asked?.path ?? "")
    }
    let endings = ["svg", "png", "npy", "npz", "safetensors", "tsv", "csv"]
    #expect(paths == endings.map { "seer-layer-23-pca." + $0 })
    #expect(asked.after("Esc").explore.export.asked == nil)
    let unknown = asked.after("Ctrl-u").typing("map.pdf").after("Enter")
    #expect(unknown.message?.isError == true && unknown.explore.export.asked?.path == "map.pdf")
    #expect(asked.after("Ctrl-u", "Tab").explore.export.asked?.path == ".csv")
  }

  @Test func whatIsHiddenOrNotFoundIsLeftOut() throws {
    var state = Fixture.app(80, 24).after("2", "/").typing("ledger").after("Enter", "X")
    guard let request = update(&state, .key(.enter)).first?.of(ExportRequest.self)
    else {
      Issue.record("nothing was exported")
      return
    }
    #expect(request.path == "seer-layer-23-pca.csv" && request.format == .csv)
    #expect(request.layer == 23 && !request.overwrites)
    #expect(request.map.method == "pca" && request.map.settings == ["components": "1 and 2"])
    #expect(request.map.points.count == 48)
    let kept = request.map.points.indices.filter { request.map.points[$0] != nil }
    #expect(kept == (0..<48).filter { $0 % 4 == 2 && $0 % 6 != 1 })
    #expect(request.map.points[2] == state.explore.shownPoints?[2])
  }

  @Test func nothingIsWrittenOverUnasked() throws {
    var state = Fixture.app(80, 24).after("X")
    _ = update(&state, .export(.exists("seer-layer-23-pca.csv")))
    try expectSnapshot(render(state), "export-exists")
    try expectSnapshot(
      render(Fixture.app(40, 12).after("X").whereItExists()), "export-exists-40x12")
    #expect(state.typing("2").explore.export.asked?.existing == nil, "another name asks again")
    guard let request = update(&state, .key(.enter)).first?.of(ExportRequest.self)
    else {
      Issue.record("nothing was exported")
      return
    }
    #expect(request.overwrites)
    _ = update(&state, .export(.begun))
    #expect(state.explore.isBusy && state.explore.export.asked == nil)
    _ = update(&state, .export(.finished(.failure(Problem("no room")))))
    #expect(!state.explore.isBusy && state.message?.text == "no room")
  }

  @Test func aMapThatIsNotThereIsNotWritten() {
    var state = Fixture.app(80, 24, Fixture.explore(ready: false)).after("X")
    #expect(state.explore.export.asked == nil && state.message?.isError == true)
    state = Fixture.app(80, 24, Fixture.explore(rows: [])).after("X")
    #expect(state.explore.export.asked == nil)
  }

  /// Through the engine, onto the disk, and asked for again.
  @Test func filesAreWritten() throws {
    let fixture = try RunFixture()
    defer { fixture.remove() }
    let source = try RunSource(Run.open(fixture.folder))
    var workspace = Workspace(run: source)
    workspace.tool = "seer test"
    let session = Session(
      Fixture.app(80, 24, ExploreState(source)), workspace, engine: Engine(),
      mailbox: try Mailbox())
    session.waitUntilIdle()
    func export(_ name: String, _ keys: String...) {
      session.handle(.key(.character("X")))
      session.handle(.key(.control("u")))
      for scalar in (fixture.folder + "/" + name).unicodeScalars {
        session.handle(.key(.character(scalar)))
      }
      session.handle(.key(.enter))
      session.waitUntilIdle()
    }
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: fixture.folder + "/" + name, encoding: .utf8)
    }
    for format in ExportFormat.allCases {
      export("map." + format.rawValue)
      #expect(session.state.message?.isError == false, "\(session.state.message?.text ?? "")")
      let recipe = try text("map.\(format.rawValue).recipe.json")
      #expect(recipe.contains("\"tool\" : \"seer test\""))
      #expect(recipe.contains("\"method\" : \"\(format.isOfMap ? "pca" : "states")\""))
    }
    #expect(try text("map.csv").split(separator: "\n").count == 37)
    #expect(try text("map.vectors.tsv").split(separator: "\n").count == 36)
    #expect(try text("map.svg").contains(">violence</text>"))
    export("map.svg")
    #expect(session.state.explore.export.asked?.existing == fixture.folder + "/map.svg")
    session.handle(.key(.escape))
    export("none/map.csv")
    #expect(session.state.message?.isError == true)
    #expect(session.state.message?.text.contains("none/map.csv") == true)
    // The recipe makes the same file again.
    let before = try text("map.svg")
    try Data("gone".utf8).write(to: URL(fileURLWithPath: fixture.folder + "/map.svg"))
    let order = try LayerExport.order(
      recipe: fixture.folder + "/map.svg.recipe.json", tool: "seer test")
    _ = try order.export.write(order.format, order.map, to: order.output) {}
    #expect(try text("map.svg") == before)
  }
}

extension AppState {
  fileprivate func whereItExists() -> AppState {
    var state = self
    _ = update(&state, .export(.exists("seer-layer-23-pca.csv")))
    return state
  }
}
