import Foundation
import SeerStudies
import TestSupport
import Testing

struct AnswerFileTests {
  func answer(_ row: Int, _ model: String = "base", set: String = "safe", recipe: String = "r")
    -> Answer
  {
    Answer(
      recipe: recipe, set: set, row: row, model: model, prompt: "Why \"\(row)\"?\n",
      answer: "So\u{2019}.", tokens: 3, ended: true)
  }

  @Test func answersComeBackInOrder() throws {
    let folder = try TemporaryFolder()
    let file = try AnswerFile(folder("a.jsonl"), recipe: "r")
    for one in [answer(1), answer(0, "tuned"), answer(0), answer(3, set: "harmful")] {
      try file.append(one)
    }
    #expect(try names(inFolder: folder.path) == ["a.jsonl.partial"])
    let all = try file.finish()
    #expect(all == [answer(3, set: "harmful"), answer(0), answer(0, "tuned"), answer(1)])
    #expect(try names(inFolder: folder.path) == ["a.jsonl"])
    #expect(try AnswerFile.finished(folder("a.jsonl"), recipe: "r") == all)
  }

  @Test func aTornLineIsDropped() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try AnswerFile(folder("a.jsonl"), recipe: "r")
      try file.append(answer(0))
      try file.append(answer(1))
    }
    let whole = try bytes(ofFile: folder("a.jsonl.partial"))
    try folder.write(Array(whole.dropLast(9)), to: "a.jsonl.partial")
    let again = try AnswerFile(folder("a.jsonl"), recipe: "r")
    #expect(again.answers == [answer(0)])
    try again.append(answer(1))
    #expect(try bytes(ofFile: folder("a.jsonl.partial")) == whole)
  }

  @Test func anotherRecipeIsRefused() throws {
    let folder = try TemporaryFolder()
    do { try AnswerFile(folder("a.jsonl"), recipe: "r").append(answer(0)) }
    let failure = try #require(
      thrownFailure { _ = try AnswerFile(folder("a.jsonl"), recipe: "other") })
    failure.expect(.cannotWrite, found: "answers of another model", advice: "another --output")
    try folder.write("dear diary\n", to: "b.jsonl")
    let diary = try #require(
      thrownFailure { _ = try AnswerFile.finished(folder("b.jsonl"), recipe: "r") })
    diary.expect(.cannotWrite, found: "does not hold answers")
  }

  @Test func twoWritersAreRefused() throws {
    let folder = try TemporaryFolder()
    let file = try AnswerFile(folder("a.jsonl"), recipe: "r")
    let failure = try #require(
      thrownFailure { _ = try AnswerFile(folder("a.jsonl"), recipe: "r") })
    failure.expect(.cannotWrite, found: "another seer")
    withExtendedLifetime(file) {}
  }
}
