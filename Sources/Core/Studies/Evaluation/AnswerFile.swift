import Foundation
import SeerSupport

/// One answer as the file keeps it: a line of JSON.
package struct Answer: Equatable, Sendable, Codable {
  /// What it was made with, as a digest: lines of another recipe are never mixed.
  package var recipe: String
  /// `harmful` or `safe`.
  package var set: String
  /// The row of that set's file, from 0.
  package var row: Int
  /// `base` or `tuned`.
  package var model: String
  /// Of a conversation, the last message of the user.
  package var prompt: String
  /// The conversation, where the prompt is not all of it.
  package var messages: [Message]?
  package var answer: String
  /// Tokens of the answer, the one that ended it included.
  package var tokens: Int
  /// Whether it ended by itself; else it was cut.
  package var ended: Bool

  package struct Message: Equatable, Sendable, Codable {
    package var role: String
    package var content: String
  }

  package init(
    recipe: String, set: String, row: Int, model: String, prompt: String,
    messages: [Message]? = nil, answer: String, tokens: Int, ended: Bool
  ) {
    self.recipe = recipe
    self.set = set
    self.row = row
    self.model = model
    self.prompt = prompt
    self.messages = messages
    self.answer = answer
    self.tokens = tokens
    self.ended = ended
  }

  /// Whether there is not a word in it.
  package var isEmpty: Bool { answer.allSatisfy(\.isWhitespace) }
}

/// Answers kept as they come, one JSON object a line, under the name `PATH.partial` until all are
/// there. What a kill leaves is whole lines and at the most one torn one, which is dropped.
package final class AnswerFile {
  private let path: String
  private let recipe: String
  private let file: WritableFile
  private var size = 0
  package private(set) var answers: [Answer] = []

  /// The answers of a finished file of this recipe; nil where there is none. Throws where the file
  /// holds anything else.
  package static func finished(_ path: String, recipe: String) throws(Failure) -> [Answer]? {
    guard OutputFile.isFile(path) else {
      throw Failure(
        .cannotWrite, file: path, found: "a folder, a pipe or a device",
        wanted: "a file, which an interrupted command goes on with",
        advice: "Choose another --output.")
    }
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let (answers, end, size) = try read(path)
    guard end == size, !answers.isEmpty, answers.allSatisfy({ $0.recipe == recipe }) else {
      throw other(path, answers)
    }
    return answers
  }

  private static func other(_ path: String, _ answers: [Answer]) -> Failure {
    Failure(
      .cannotWrite, file: path,
      found: answers.isEmpty
        ? "a file that does not hold answers"
        : "answers of another model, adapter, prompts or options",
      wanted: "answers of this command, or no file",
      advice: "Choose another --output, or delete the file.")
  }

  /// Starts the file, or goes on with an unfinished one of the same recipe.
  package init(_ path: String, recipe: String) throws(Failure) {
    let path = try OutputFile.target(of: path)
    self.path = path
    self.recipe = recipe
    let partial = path + ".partial"
    if FileManager.default.fileExists(atPath: partial) {
      let (answers, end, fileSize) = try Self.read(partial)
      guard answers.allSatisfy({ $0.recipe == recipe }), !answers.isEmpty || fileSize == 0 else {
        throw Self.other(partial, answers)
      }
      self.answers = answers
      size = end
    }
    file = try WritableFile(path: partial, truncating: false)
    guard file.lock() else {
      throw Failure(
        .cannotWrite, file: partial, found: "another seer writing these answers",
        wanted: "a file of its own", advice: "Wait for it, or choose another --output.")
    }
    try file.truncate(to: size)
  }

  /// The answers of the whole lines, where the last of them ends, and the file's size.
  private static func read(_ path: String) throws(Failure) -> ([Answer], end: Int, size: Int) {
    try MappedFile(path: path).withBytes { bytes in
      var answers: [Answer] = []
      var start = 0
      while let end = bytes[start...].firstIndex(of: 0x0A) {
        guard
          let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes[start..<end]))
        else { break }
        answers.append(answer)
        start = end + 1
      }
      return (answers, start, bytes.count)
    }
  }

  package func append(_ answer: Answer) throws(Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? Array(encoder.encode(answer)) + [0x0A] else {
      throw Failure(.software, found: "an answer that JSON cannot hold")
    }
    try file.write(line, count: line.count, at: size)
    size += line.count
    answers.append(answer)
  }

  /// Puts the answers in order and gives the file its final name.
  package func finish() throws(Failure) -> [Answer] {
    let sets = ["harmful", "safe"]
    let models = ["base", "tuned"]
    func place(_ answer: Answer) -> (Int, Int, Int) {
      (
        sets.firstIndex(of: answer.set) ?? 0, answer.row, models.firstIndex(of: answer.model) ?? 0
      )
    }
    let sorted = answers.sorted { place($0) < place($1) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var bytes: [UInt8] = []
    for answer in sorted {
      guard let line = try? encoder.encode(answer) else {
        throw Failure(.software, found: "an answer that JSON cannot hold")
      }
      bytes += Array(line) + [0x0A]
    }
    // The partial file is the writer's own until the whole one stands beside it.
    try OutputFile.write(bytes, to: path + ".sorted")
    try OutputFile.rename(path + ".sorted", to: path)
    unlink(path + ".partial")
    return sorted
  }
}
