import Foundation

/// One step as the log and the screens show it.
public struct TrainingStep: Sendable, Codable {
  /// From 1; 0 is the untouched model's held-out line.
  public var step: Int
  public var terms: LossTerms?
  public var learningRate: Double?
  public var gradientNorm: Double?
  public var seconds: Double
  public var heldOut: HeldOutFigures?
}

/// `log.csv` and `log.jsonl` of a training: one line a step.
struct TrainingLog {
  static let header = [
    "step", "total", "contrastive", "retain", "kl", "learning_rate", "gradient_norm", "seconds",
    "held_out_accuracy", "held_out_within", "held_out_between", "held_out_kl",
  ]

  private let csv: WritableFile
  private let jsonl: WritableFile
  private var csvSize = 0
  private var jsonlSize = 0

  /// Starts the logs, or keeps the lines up to `step` of those that are there.
  init(_ folder: String, keepingSteps step: Int?) throws(Failure) {
    let paths = (folder + "/log.csv", folder + "/log.jsonl")
    var lines: (csv: [String], jsonl: [String]) = ([], [])
    if let step {
      lines.csv = Self.lines(paths.0).dropFirst().filter {
        $0.prefix { $0 != "," }.wholeNumber.map { $0 <= step } ?? false
      }
      lines.jsonl = Self.lines(paths.1).filter {
        let entry = try? JSONDecoder().decode(TrainingStep.self, from: Data($0.utf8))
        return entry.map { $0.step <= step } ?? false
      }
    }
    csv = try WritableFile(path: paths.0, truncating: true)
    jsonl = try WritableFile(path: paths.1, truncating: true)
    try append(&csvSize, csv, CSV.line(Self.header) + lines.csv.map { $0 + "\n" }.joined())
    try append(&jsonlSize, jsonl, lines.jsonl.map { $0 + "\n" }.joined())
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

  mutating func append(_ step: TrainingStep) throws(Failure) {
    func field(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let line = CSV.line([
      "\(step.step)", field(step.terms?.total), field(step.terms?.contrastive),
      field(step.terms?.retain), field(step.terms?.kl), field(step.learningRate),
      field(step.gradientNorm), field(step.seconds), field(step.heldOut?.accuracy),
      field(step.heldOut?.within), field(step.heldOut?.between), field(step.heldOut?.kl),
    ])
    var csvEnd = csvSize
    try append(&csvEnd, csv, line)
    csvSize = csvEnd
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(step) else { return }
    var jsonlEnd = jsonlSize
    try append(&jsonlEnd, jsonl, String(decoding: data, as: UTF8.self) + "\n")
    jsonlSize = jsonlEnd
  }
}

/// Follows the log of a training that runs elsewhere.
public struct TrainingWatch: Sendable {
  public let folder: String
  /// Bytes of `log.jsonl` that were read.
  private var offset = 0

  public init(folder: String) { self.folder = folder }

  /// Whether the adapter is written: nothing more will come.
  public var isFinished: Bool { AdapterFile.exists(folder) }

  /// The steps logged since the last call. A log that was started afresh is read from its start,
  /// beginning with step 0 again.
  ///
  /// Throws where there is no training in the folder, and at a line that is none of a log.
  public mutating func next() throws(Failure) -> [TrainingStep] {
    let path = folder + "/log.jsonl"
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, file: path, found: "no such file", wanted: "the log of a training",
        advice: "Name the folder that seer train writes to.")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.badData, file: path, found: "an unreadable file", wanted: "a training log")
    }
    if data.count < offset { offset = 0 }
    // What follows the last newline is still being written.
    guard let end = data.lastIndex(of: 10), end >= offset else { return [] }
    var steps: [TrainingStep] = []
    let place = data.prefix(offset).reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
    for (index, line) in data[offset..<end].split(separator: 10).enumerated() {
      guard let step = try? JSONDecoder().decode(TrainingStep.self, from: Data(line)) else {
        throw Failure(
          .badData, file: path, place: "line \(place + index)", found: "no step of a training",
          wanted: "the lines that seer train writes")
      }
      steps.append(step)
    }
    offset = end + 1
    return steps
  }
}

extension Substring {
  fileprivate var wholeNumber: Int? { Int(self) }
}
