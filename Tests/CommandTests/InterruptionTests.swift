import Foundation
import Testing

/// An extraction that is stopped in the middle: the contract's exit code, and the same command
/// finishes it with the result of an undisturbed one.
struct InterruptionTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    var text = "prompt,value\n"
    for row in 0..<300 {
      text += "\"\(row) \(String(repeating: "is the sky blue or x\(row % 7)? ", count: 30))\","
      text += "\(row % 3)\n"
    }
    _ = try seer.concepts(text)
  }

  static let arguments = ["extract", "--concepts", "concepts.csv", "--json", "--run"]

  /// Starts an extraction and sends it a signal once some of its rows are on disk.
  func interrupted(by signal: Int32) throws -> Seer.Outcome {
    let process = try seer.process(
      Seer.program, Self.arguments + ["run"], environment: [:], output: seer.folder("first.out"),
      errors: seer.folder("first.err"))
    let progress = seer.folder("run/progress.partial")
    var status = stat()
    while process.isRunning, stat(progress, &status) != 0 || status.st_size == 0 { sched_yield() }
    kill(process.processIdentifier, signal)
    return try seer.finish(process, "first")
  }

  @Test(.timeLimit(.minutes(5)), arguments: [SIGINT, SIGTERM, SIGUSR1, SIGKILL])
  func stoppedAndFinished(signal: Int32) throws {
    let outcome = try interrupted(by: signal)
    if signal == SIGKILL {
      #expect(outcome.signal == SIGKILL)
    } else {
      outcome.expect(130, "interrupted")
    }
    try seer("project", "--run", "run", "--layer", "1", "--output", "map.csv").expect(
      66, "run/run.json: found an unfinished run", "same seer extract command")

    let resumed = try seer.run(Seer.program, Self.arguments + ["run"])
    #expect(try resumed.json()["rows"] as? Int == 300)
    #expect(resumed.errors.contains("Went on with an unfinished run"))
    _ = try seer.run(Seer.program, Self.arguments + ["whole"]).json()
    let (ours, whole) = (
      try seer.contents(seer.folder("run")), try seer.contents(seer.folder("whole"))
    )
    #expect(ours.keys.sorted() == ["rows.csv", "run.json", "states.safetensors"])
    #expect(ours["states.safetensors"] == whole["states.safetensors"])
    #expect(ours["rows.csv"] == whole["rows.csv"])
  }

  @Test(.timeLimit(.minutes(5)))
  func aGenerationIsInterrupted() throws {
    // Through a pipe, the first token wakes this thread at once, on a busy machine too.
    let pipe = Pipe()
    let process = try seer.process(
      Seer.program,
      [
        "generate", "--prompt", "Hi", "--tokens", "2000", "--ignore-stop", "--template", "plain",
        "--no-cache",
      ],
      environment: [:], output: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)",
      errors: seer.folder("first.err"))
    var output = pollfd(
      fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
    while process.isRunning, poll(&output, 1, 100) == 0 {}
    kill(process.processIdentifier, SIGINT)
    let outcome = try seer.finish(process, "first", hasOutput: false)
    #expect(outcome.status == 130 && outcome.signal == nil)
    #expect(outcome.errors.contains("interrupted"))
  }
}
