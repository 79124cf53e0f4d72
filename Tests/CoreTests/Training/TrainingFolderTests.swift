import Foundation
import SeerFormats
import SeerSupport
import SeerTraining
import TestSupport
import Testing

/// A training's folder is its own, and equal trainings leave equal bytes there.
struct TrainingFolderTests {
  @Test func oneTrainingAtATime() throws {
    let test = try TinyTraining()
    try OutputFile.makeFolder(test.folder("adapter"))
    do {
      let other = try FolderLock(test.folder("adapter"), work: "training into it")
      try test.failure().expect(
        .cannotWrite, file: test.folder("adapter"), found: "another seer training into it",
        advice: "Wait for it, or choose another folder")
      #expect(try names(inFolder: test.folder("adapter")) == [])
      withExtendedLifetime(other) {}
    }
    #expect(try test.run().steps == 5)
  }

  @Test func sameBytes() throws {
    let test = try TinyTraining()
    try test.run("first")
    try test.run("second")
    for name in try names(inFolder: test.folder("first")) where !name.hasPrefix("log.") {
      #expect(
        try test.contents("first/" + name) == test.contents("second/" + name), "\(name)")
    }
    let file = try Safetensors(path: test.folder("first/clusters.safetensors"))
    let rows = try #require(file.metadata["rows"])
    // By name, since a dictionary's own order changes from process to process.
    let keys = ["\"concepts\"", "\"labels\"", "\"step\""].compactMap {
      rows.range(of: $0)?.lowerBound
    }
    #expect(keys.count == 3 && keys == keys.sorted())
  }
}
