import Foundation
import SeerSupport

/// One step as the log and the screens show it.
package struct TrainingStep: Sendable, Codable {
  /// From 1; 0 is the untouched model's held-out line.
  package var step: Int
  package var terms: LossTerms?
  package var learningRate: Double?
  package var gradientNorm: Double?
  package var seconds: Double
  package var heldOut: HeldOutFigures?

  package init(
    step: Int, terms: LossTerms? = nil, learningRate: Double? = nil, gradientNorm: Double? = nil,
    seconds: Double, heldOut: HeldOutFigures? = nil
  ) {
    self.step = step
    self.terms = terms
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.seconds = seconds
    self.heldOut = heldOut
  }
}

/// `log.csv` and `log.jsonl` of a training: one line a step; also a file for TensorBoard, where asked.
package struct TrainingLog {
  /// The columns of `log.csv` for an objective's terms.
  package static func header(_ terms: [LossTerm]) -> [String] {
    ["step", "total"] + terms.map(\.column) + [
      "learning_rate", "gradient_norm", "seconds", "held_out_accuracy", "held_out_within",
      "held_out_between", "held_out_kl",
    ]
  }

  /// Both files, the first that a training writes before the second.
  package static let names = ["log.csv", "log.jsonl"]

  /// Whether the folder has the log of a training, of whatever objective.
  static func isOurs(_ folder: String) -> Bool {
    guard let file = try? MappedFile(path: folder + "/" + names[0]) else { return false }
    return ObjectiveName.allCases.contains { objective in
      let start = Array(CSV.line(header(objective.kind.columns)).utf8)
      return file.count >= start.count && file.copy(0..<start.count) == start
    }
  }

  private let terms: [LossTerm]
  private let csv: WritableFile
  private let jsonl: WritableFile
  private var csvSize = 0
  private var jsonlSize = 0
  private var events: EventFile?

  /// Starts the logs, or keeps the lines up to `step` of those that are there.
  package init(
    _ folder: String, terms: [LossTerm] = LossTerm.usual, keepingSteps step: Int?,
    forTensorBoard: Bool = false
  ) throws(Failure) {
    self.terms = terms
    let paths = (folder + "/" + Self.names[0], folder + "/" + Self.names[1])
    var lines: (csv: [String], jsonl: [String]) = ([], [])
    if let step {
      lines.csv = Self.lines(paths.0).dropFirst().filter {
        $0.prefix { $0 != "," }.wholeNumber.map { $0 <= step } ?? false
      }
      lines.jsonl = Self.lines(paths.1).filter {
        let entry = try? Self.decoder().decode(TrainingStep.self, from: Data($0.utf8))
        return entry.map { $0.step <= step } ?? false
      }
    }
    // Rewritten whole: a kill here leaves the old log or the new one.
    let start = CSV.line(Self.header(terms)) + lines.csv.map { $0 + "\n" }.joined()
    try OutputFile.write(start, to: paths.0)
    try OutputFile.write(lines.jsonl.map { $0 + "\n" }.joined(), to: paths.1)
    csv = try WritableFile(path: paths.0, truncating: false)
    jsonl = try WritableFile(path: paths.1, truncating: false)
    csvSize = csv.size
    jsonlSize = jsonl.size
    if forTensorBoard {
      let decoder = Self.decoder()
      let steps = lines.jsonl.compactMap {
        try? decoder.decode(TrainingStep.self, from: Data($0.utf8))
      }
      events = try EventFile(folder, steps: steps)
    }
  }

  /// A figure that is no number is written as a word: JSON has no sign for it.
  private static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  package static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  private static func lines(_ path: String) -> [String] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    // What follows the last newline is a line cut short by a kill.
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  private func append(
    _ size: inout Int, _ file: WritableFile, _ text: String
  ) throws(Failure) {
    let bytes = Array(text.utf8)
    try file.write(bytes, count: bytes.count, at: size)
    size += bytes.count
  }

  package mutating func append(_ step: TrainingStep) throws(Failure) {
    func field(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let line = CSV.line(
      ["\(step.step)", field(step.terms?.total)] + terms.map { field(step.terms?[$0]) } + [
        field(step.learningRate), field(step.gradientNorm), field(step.seconds),
        field(step.heldOut?.accuracy), field(step.heldOut?.within), field(step.heldOut?.between),
        field(step.heldOut?.kl),
      ])
    var csvEnd = csvSize
    try append(&csvEnd, csv, line)
    csvSize = csvEnd
    try events?.append(step)
    guard let data = try? Self.encoder().encode(step) else { return }
    var jsonlEnd = jsonlSize
    try append(&jsonlEnd, jsonl, String(decoding: data, as: UTF8.self) + "\n")
    jsonlSize = jsonlEnd
  }
}

extension Substring {
  fileprivate var wholeNumber: Int? { Int(self) }
}
