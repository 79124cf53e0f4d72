import Foundation
import TestSupport
import Testing

/// The built program, run as a child process in a home of its own in which the tiny model is the
/// default one.
final class Seer: Sendable {
  struct Outcome {
    var status: Int32
    /// The signal that ended it, where one did.
    var signal: Int32?
    var output: String
    var errors: String

    /// The result of `--json`: exactly one line with one object on standard output.
    func json(_ location: SourceLocation = #_sourceLocation) throws -> [String: Any] {
      #expect(status == 0, "\(errors)", sourceLocation: location)
      #expect(output.hasSuffix("\n") && output.dropLast().allSatisfy { $0 != "\n" })
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try #require(object as? [String: Any], "\(output)", sourceLocation: location)
    }

    /// Expects an exit code and a message with these words, and nothing on standard output.
    func expect(
      _ status: Int32, _ words: String..., output: String = "",
      location: SourceLocation = #_sourceLocation
    ) {
      #expect(self.status == status, "\(errors)", sourceLocation: location)
      #expect(signal == nil, sourceLocation: location)
      for word in words {
        #expect(errors.contains(word), "\(errors)", sourceLocation: location)
      }
      #expect(self.output == output, sourceLocation: location)
      // A crash prints much more than a message.
      #expect(!errors.contains("Fatal error"), sourceLocation: location)
    }
  }

  /// Beside the test bundle.
  static let program: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().path + "/seer"
  }()

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let models = folder("cache/seer/models")
    try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: models + "/smollm2.gguf", withDestinationPath: Fixtures.tinyModel)
  }

  func process(
    _ program: String, _ arguments: [String], environment: [String: String], output: String,
    errors: String
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = [
      "HOME": folder.path, "XDG_CACHE_HOME": folder("cache"), "XDG_DATA_HOME": folder("data"),
      "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no",
    ].merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try handle(output)
    process.standardError = try handle(errors)
    try process.run()
    return process
  }

  private func handle(_ path: String) throws -> FileHandle {
    if !path.hasPrefix("/dev/") {
      try folder.write("", to: URL(fileURLWithPath: path).lastPathComponent)
    }
    return try #require(FileHandle(forWritingAtPath: path))
  }

  func callAsFunction(
    _ arguments: String..., environment: [String: String] = [:], output: String? = nil
  ) throws -> Outcome {
    try run(Self.program, arguments, environment: environment, output: output)
  }

  /// Runs the program from a shell: `$SEER` is its path.
  func shell(_ script: String) throws -> Outcome {
    try run("/bin/sh", ["-c", script], environment: ["SEER": Self.program])
  }

  func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    output: String? = nil
  ) throws -> Outcome {
    let name = UUID().uuidString
    let process = try process(
      program, arguments, environment: environment, output: output ?? folder(name + ".out"),
      errors: folder(name + ".err"))
    return try finish(process, name, hasOutput: output == nil)
  }

  /// Waits for a process whose output goes to the files `NAME.out` and `NAME.err`.
  func finish(_ process: Process, _ name: String, hasOutput: Bool = true) throws -> Outcome {
    process.waitUntilExit()
    func text(_ path: String) throws -> String {
      String(decoding: try bytes(ofFile: path), as: UTF8.self)
    }
    return Outcome(
      status: process.terminationStatus,
      signal: process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil,
      output: hasOutput ? try text(folder(name + ".out")) : "",
      errors: try text(folder(name + ".err")))
  }

  /// Writes a small concept set and returns its path.
  func concepts(_ text: String = Seer.text) throws -> String {
    try folder.write(text, to: "concepts.csv")
  }

  static let text = """
    prompt,value,response,split
    Is the sky blue?,color,"Yes, it is.",train
    What is 2 and 2?,number,4,train
    Is the sea green?,color,,test
    "Is ""12"" a number?",number,Yes,test

    """

  /// The files of a folder with their contents.
  func contents(_ path: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try names(inFolder: path) { files[name] = try bytes(ofFile: path + "/" + name) }
    return files
  }
}
