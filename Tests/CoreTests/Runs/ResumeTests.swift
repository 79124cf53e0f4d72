import Foundation
import LinearAlgebra
import SeerRuns
import SeerSupport
import TestModels
import TestSupport
import Testing

/// Whatever a kill leaves behind, the same command finishes: the files are those of a run that
/// nothing disturbed, byte for byte but for the measured seconds.
struct ResumeTests {
  let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  /// An undisturbed run, and what a kill after each batch would have left (`run.0`, `run.1`, ...).
  func snapshots(_ extraction: Extraction) throws -> (whole: [String: [UInt8]], count: Int) {
    let fixture = fixture
    let count = Locked(0)
    try fixture.run(extraction) { _ in
      let number = count.withLock { count in
        count += 1
        return count - 1
      }
      do {
        try fixture.copy("run", to: "run.\(number)")
      } catch {
        Issue.record(error)
      }
      return true
    }
    return (try contents(ofRun: fixture.folder("run")), count.withLock { $0 })
  }

  func resumed(_ extraction: Extraction, in run: String) throws -> Extraction.Summary {
    var extraction = extraction
    extraction.folder = fixture.folder(run)
    return try fixture.run(extraction)
  }

  @Test(arguments: [(Position.last, false), (.all, false), (.mean, true), (.promptEnd, false)])
  func afterAKillAtAnyBatch(position: Position, half: Bool) throws {
    let extraction = fixture.extraction(position, half: half)
    let (whole, count) = try snapshots(extraction)
    #expect(count >= 4, "the rows make several batches")
    #expect(whole.keys.sorted() == ["rows.csv", "run.json", "states.safetensors"])
    for number in 0..<count {
      let unfinished = try #require(
        thrownFailure { _ = try Run.open(fixture.folder("run.\(number)")) })
      unfinished.expect(.missingInput, found: "an unfinished run", advice: "same seer extract")
      let summary = try resumed(extraction, in: "run.\(number)")
      #expect(summary.notes.contains { $0.contains("Went on") } == (number > 0))
      #expect(try contents(ofRun: fixture.folder("run.\(number)")) == whole, "batch \(number)")
    }
  }

  @Test(arguments: 0..<4)
  func afterBeingCancelled(batches: Int) throws {
    let extraction = fixture.extraction()
    try fixture.run(fixture.extraction(to: "whole"))
    let left = Locked(batches)
    #expect(throws: Cancelled.self) {
      try fixture.run(extraction) { _ in
        left.withLock { left in
          left -= 1
          return left >= 0
        }
      }
    }
    #expect(thrownFailure { _ = try Run.open(fixture.folder("run")) }?.kind == .missingInput)
    try fixture.run(extraction)
    #expect(
      try contents(ofRun: fixture.folder("run")) == contents(ofRun: fixture.folder("whole")))
  }

  /// Kills between the small steps around the batches.
  @Test func afterAKillBetweenTheSteps() throws {
    let extraction = fixture.extraction()
    let (whole, count) = try snapshots(extraction)
    let last = "run.\(count - 1)"
    let states = fixture.folder(last) + "/states.safetensors"

    func check(_ name: String, from run: String, _ change: (String) throws -> Void) throws {
      try fixture.copy(run, to: name)
      try change(fixture.folder(name))
      _ = try resumed(extraction, in: name)
      #expect(try contents(ofRun: fixture.folder(name)) == whole, "\(name)")
    }
    func write(_ bytes: [UInt8], _ path: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
    let manager = FileManager.default
    let size = try bytes(ofFile: states + ".partial").count

    try check("only the recipe", from: "run.0") {
      try manager.removeItem(atPath: $0 + "/states.safetensors.partial")
      try manager.removeItem(atPath: $0 + "/progress.partial")
    }
    try check("half a recipe", from: "run.0") {
      for name in try names(inFolder: $0) { try manager.removeItem(atPath: $0 + "/" + name) }
      try write(Array("{\"for".utf8), $0 + "/recipe.partial.json.partial")
    }
    try check("no room made yet", from: "run.0") {
      try write([], $0 + "/states.safetensors.partial")
    }
    try check("room made but no header", from: "run.0") {
      try write([UInt8](repeating: 0, count: size), $0 + "/states.safetensors.partial")
    }
    try check("states but no line", from: "run.2") {
      try write([], $0 + "/progress.partial")
    }
    for cut in [1, 5, 12] {
      try check("a line cut by \(cut)", from: "run.3") {
        let lines = try bytes(ofFile: $0 + "/progress.partial")
        try write(Array(lines.dropLast(cut)), $0 + "/progress.partial")
      }
    }
    try check("rows half written", from: last) {
      try write(Array("row,te".utf8), $0 + "/rows.csv.partial")
    }
    try check("rows written", from: last) { try write(whole["rows.csv"] ?? [], $0 + "/rows.csv") }
    try check("states named", from: last) {
      try write(whole["rows.csv"] ?? [], $0 + "/rows.csv")
      try manager.moveItem(
        atPath: $0 + "/states.safetensors.partial", toPath: $0 + "/states.safetensors")
    }
  }

  @Test func afterAKillBeforeTheLastTidying() throws {
    let extraction = fixture.extraction()
    let (whole, _) = try snapshots(extraction)
    for name in ["progress.partial", "recipe.partial.json"] {
      try FileManager.default.copyItem(
        atPath: fixture.folder("run.1") + "/" + name, toPath: fixture.folder("run") + "/" + name)
    }
    let summary = try fixture.run(extraction)
    #expect(summary.notes.contains { $0.contains("holds this run already") })
    #expect(try Run.open(fixture.folder("run")).manifest.rows == 84)
    let after = try contents(ofRun: fixture.folder("run"))
    for (name, bytes) in whole { #expect(after[name] == bytes) }
  }

  @Test(arguments: [
    "0 9999 20 0.1\n", "-5 3 20 0.1\n", "9223372036854775807 1 1 1\n", "a b c d\n", "0 4\n",
    "0 4 9223372036854775807 0.1\n4 4 9223372036854775807 0.1\n", "0 4 -20 0.1\n",
    "0 4 20 nan\n", "\n\n\n", "\u{0}\u{1}\u{2}\n",
  ])
  func aDamagedProgressFileDoesNoHarm(progress: String) throws {
    let extraction = fixture.extraction()
    try fixture.run(fixture.extraction(to: "whole"))
    #expect(throws: Cancelled.self) { try fixture.run(extraction) { $0 == 0 } }
    try Data(progress.utf8).write(
      to: URL(fileURLWithPath: fixture.folder("run") + "/progress.partial"))
    try fixture.run(extraction)
    #expect(
      try contents(ofRun: fixture.folder("run")) == contents(ofRun: fixture.folder("whole")))
  }

  @Test func aFinishedRunIsLeftAlone() throws {
    let extraction = fixture.extraction()
    let first = try fixture.run(extraction)
    let before = try bytes(ofFile: fixture.folder("run") + "/run.json")
    let again = try fixture.run(extraction)
    #expect(again.rows == first.rows && again.tokens == first.tokens)
    #expect(again.seconds == first.seconds)
    #expect(again.notes.contains { $0.contains("holds this run already; nothing was done") })
    #expect(try bytes(ofFile: fixture.folder("run") + "/run.json") == before)
  }
}
