import Foundation
import LinearAlgebra
import SeerReports
import SeerRuns
import SeerSupport
import SeerTraining
import TestSupport
import Testing

/// Walks through layers, and through the steps that a training kept, as pictures that move.
struct LayerWalkTests {
  let folder: TemporaryFolder
  let run: Run

  init() throws {
    folder = try TemporaryFolder()
    var builder = RunBuilder.clusters(perConcept: 4)
    builder.layers = [3, 4, 9]
    run = try Run.open(try builder.write(to: folder("run")))
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try bytes(ofFile: folder(name)), as: UTF8.self)
  }

  @Test func everyLayerIsAStep() throws {
    let export = LayerExport(run, layer: nil, tool: "seer test")
    let made = try export.write(.svg, to: folder("walk.svg")) {}
    #expect(made.rows == 12 && made.recipe == folder("walk.svg.recipe.json"))
    let text = try text("walk.svg")
    for layer in [3, 4, 9] {
      #expect(text.contains(">layer \(layer), held-out rows right "))
    }
    #expect(!text.contains(">layer 5"))
    // Each row's mark in the colour of its concept on every other picture, and each concept's name.
    let still = LayerExport(run, layer: 9, tool: "seer test")
    _ = try still.write(.svg, to: folder("still.svg")) {}
    let other = try self.text("still.svg")
    for concept in ["bias", "honesty", "violence"] { #expect(text.contains(">\(concept)</text>")) }
    for color in Set(other.components(separatedBy: "fill=\"#").dropFirst().map { $0.prefix(6) }) {
      #expect(text.contains("#" + color), "\(color)")
    }
    #expect(text.components(separatedBy: "<animateTransform").count == 12 + 3 + 1)
    let recipe = try LayerExport.order(recipe: folder("walk.svg.recipe.json"), tool: "seer test")
    _ = try recipe.export.write(recipe.format, recipe.map, to: folder("again.svg")) {}
    #expect(try self.text("again.svg") == text)
  }

  private func keep(_ step: Int, labels: [Int] = [0, 1, 0, 1], shift: Float) throws {
    let before = Matrix(rows: 4, columns: 3) { Float(($0 * 7 + $1 * 3) % 5) }
    let states = Matrix(rows: 4, columns: 3) { before[$0, $1] + ($1 == labels[$0] ? shift : 0) }
    let place = folder("adapter/kept/step-" + String(format: "%06d", step))
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try TrainingStates(
      step: step, before: before, states: states, labels: labels, concepts: ["left", "right"]
    ).write(place)
    try Data("x".utf8).write(to: URL(fileURLWithPath: place + "/adapter_model.safetensors"))
  }

  @Test func everyKeptStepIsAStep() throws {
    try keep(10, shift: 1)
    try keep(20, shift: 5)
    let made = try LayerWalk.write(
      training: folder("adapter"), to: folder("training.svg"), tool: "seer test", checkpoint: {})
    #expect(made.rows == 4 && made.recipe == nil)
    let text = try text("training.svg")
    for step in [0, 10, 20] { #expect(text.contains(">step \(step)</text>")) }
    #expect(text.contains(">left</text>") && text.contains(">right</text>"))
    // The place where rows begin is another one than where they end.
    let way = text.components(separatedBy: "values=\"")[1].prefix { $0 != "\"" }.split(
      separator: ";")
    #expect(way.count == 8 && way[0] == way[1] && way[0] != way[4])
  }

  @Test func whatCannotBeWalked() throws {
    func problem() -> String {
      do {
        _ = try LayerWalk.picture(training: folder("adapter"), tool: "t", checkpoint: {})
        return ""
      } catch { return "\(error)" }
    }
    #expect(problem().contains("found no steps that were kept"))
    #expect(problem().contains("--keep 10"))
    try keep(10, shift: 1)
    try keep(20, labels: [1, 0, 0, 1], shift: 1)
    #expect(problem().contains("step-000020: found other held-out rows"))
    #expect(throws: Cancelled.self) {
      try LayerWalk.picture(run, tool: "t", checkpoint: { throw Cancelled() })
    }
  }
}
