import Foundation
import SeerRuns
import SeerSupport
import SeerTokenizers
import TestSupport

/// Runs of the tiny model over a made-up concept set of several batches.
package struct RunFixture {
  package let folder: TemporaryFolder
  package let concepts: String

  /// - rows: of some 110 tokens; 2,048 tokens make a batch.
  package init(rows: Int = 84) throws {
    folder = try TemporaryFolder()
    concepts = try folder.write(Self.text(rows: rows), to: "concepts.csv")
  }

  package static func text(rows: Int) -> String {
    var text = "prompt,value,response,split\n"
    let words = ["sky", "blue", "the", "and", "12", "naïve", "sea", "Gold", "user", "x"]
    for row in 0..<rows {
      let prompt = (0..<40).map { words[(row * 7 + $0 * (row % 5 + 1)) % words.count] }
      // Some rows have no response; some have commas, quotes and both kinds of newline.
      let response =
        row % 4 == 3 ? "" : "\"On \(row), he \"\"said\"\"\(row % 4 == 1 ? "\r\n" : "\n")no\""
      text += "\(prompt.joined(separator: " ")),\(row % 3 == 0 ? "\"b, c\"" : "a"),\(response),"
      text += row % 5 == 0 ? "test\n" : "train\n"
    }
    return text
  }

  package func extraction(
    to run: String = "run", _ position: Position = .last, template: RowTemplate = .plain,
    half: Bool = false
  ) -> Extraction {
    var extraction = Extraction(
      model: Fixtures.tinyModel, concepts: concepts, folder: folder(run), tool: "seer test")
    extraction.position = position
    extraction.template = template
    extraction.usesHalf = half
    return extraction
  }

  /// Runs an extraction as a job. `onProgress` is called after every batch, and before the first,
  /// with the number of tokens done; where it says so, the job is cancelled there.
  @discardableResult
  package func run(
    _ extraction: Extraction, onProgress: @escaping @Sendable (Int) -> Bool = { _ in true }
  ) throws -> Extraction.Summary {
    let engine = Engine()
    return try engine.submit(
      "extract", priority: .training,
      onEvent: { event in
        guard case .progress(let progress) = event, !onProgress(progress.completed) else { return }
        for job in engine.jobs { engine.cancel(job.id) }
      },
      body: { try extraction.run($0) }
    ).wait()
  }

  package func copy(_ run: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: folder(run), toPath: folder(other))
  }

  /// The failure an extraction ends in.
  package func failure(_ extraction: Extraction) -> Failure? {
    thrownFailure { try run(extraction) }
  }
}

/// A run folder's files, with the measured seconds taken out of `run.json`.
package func contents(ofRun path: String) throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  for name in try names(inFolder: path) { files[name] = try bytes(ofFile: path + "/" + name) }
  if let manifest = files["run.json"] {
    let lines = String(decoding: manifest, as: UTF8.self).split(separator: "\n")
    files["run.json"] = Array(
      lines.filter { !$0.contains("\"seconds\"") }.joined(separator: "\n").utf8)
  }
  return files
}
