import Foundation
import TestSupport
import Testing

/// The guided tour on the sample, played in the program itself.
struct TourTests {
  private static let steps: [[String]] = [
    ["key Enter"], ["key j"], ["key d"], ["key l"], ["key *"], ["key P", "tick 40", "key P"],
    ["key c"], ["key /", "type police", "key Enter"], ["key Esc", "key Esc"],
    ["key i", "key Tab", "key Enter"],
    ["key v", "key H", "key Space", "key L", "key L", "key Enter"], ["key p"], ["key W"],
    ["key F3"], ["key Tab"], ["key t"], ["key F4"], ["type hi", "key Esc"], ["key F5"],
    ["key Up"], ["key F6"], ["key F2"],
  ]

  @Test(arguments: [(110, 30), (80, 24)]) func itsOwnKeysLeadToItsEnd(width: Int, height: Int)
    throws
  {
    let seer = try Seer()
    var script = "resize \(width)x\(height)\n"
    for (index, keys) in Self.steps.enumerated() {
      script += "wait idle\nsave-screen step-\(index).txt\n" + keys.joined(separator: "\n") + "\n"
    }
    script += "wait idle\nsave-screen end.txt\nquit\n"
    _ = try seer.folder.write(script, to: "tour.keys")
    let outcome = try seer("explore", "--tour", "--script", "tour.keys")
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.errors)")
    func screen(_ name: String) throws -> String {
      String(decoding: try bytes(ofFile: seer.folder(name)), as: UTF8.self)
    }
    for index in Self.steps.indices {
      let shown = try screen("step-\(index).txt")
      #expect(shown.contains("tour \(index + 1) of \(Self.steps.count)"), "\(shown)")
      #expect(shown.contains("384 rows") || width < 110 || index > 9)
    }
    #expect(try screen("step-9.txt").contains("odd"))
    let end = try screen("end.txt")
    #expect(!end.contains(" of \(Self.steps.count) ") && end.contains("t-SNE"))
  }
}
