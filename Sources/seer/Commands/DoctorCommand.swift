import ArgumentParser
import Foundation
import LinearAlgebra
import SeerModels
import SeerRuns
import SeerSupport
import SeerWidgets

/// What Seer finds on this machine. It ends with 0 whatever is missing: what to do is in its lines.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what Seer finds here: processor, memory, terminal, models, sample.",
    discussion: """
      Lines that begin with `!` name what is missing, and what to do about it. The exit code is 0 all
      the same.

      Example:
        seer doctor
      """.reflowed)

  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    struct Terminal: Encodable {
      let isTerminal: Bool
      let name: String?
      let width: Int?
      let height: Int?
      let colors: Int?
      let utf8: Bool
    }

    let tool: String
    let processor: String
    let processorFlags: [String]
    let cores: Int
    let kernels: String
    let memoryBytes: Int?
    let memoryAvailableBytes: Int
    let terminal: Terminal
    let models: [String]
    let sample: String?
    /// What is missing, with what to do.
    let missing: [String]
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let flags = KernelChoice.processorFlags().intersection(Self.flags)
    let terminal = Self.terminal(environment)
    let models = ModelStore.all.flatMap { $0.entries(environment) }.map(\.name)
    let sample = RunLocator.sample(executable: "/proc/self/exe")
    let result = Result(
      tool: Version.tool, processor: KernelChoice.processorName,
      processorFlags: Self.flags.filter(flags.contains),
      cores: ProcessInfo.processInfo.activeProcessorCount, kernels: Version.kernels,
      memoryBytes: ProcessMemory.ofMachine, memoryAvailableBytes: ProcessMemory.available,
      terminal: terminal, models: models, sample: sample,
      missing: Self.missing(terminal, flags, models, sample, environment))
    if json { return try Report.json(result) }
    func gigabytes(_ bytes: Int) -> String { Report.rounded(Double(bytes) / 1e9, 1) + " GB" }
    func list(_ names: [String]) -> String {
      names.isEmpty ? "none" : names.joined(separator: ", ")
    }
    let size = terminal.width.map { width in ", \(width) x \(terminal.height ?? 0)" } ?? ""
    let colors = terminal.colors.map { ", \($0) colours" } ?? ""
    Report.line(
      """
      \(result.tool)
      processor   \(result.processor), \(result.cores) cores: \(list(result.processorFlags))
      kernels     \(result.kernels)
      memory      \(gigabytes(result.memoryAvailableBytes)) free\
      \(result.memoryBytes.map { " of " + gigabytes($0) } ?? "")
      terminal    \(terminal.isTerminal ? "yes" : "no"), \(terminal.name ?? "no TERM")\
      \(size)\(colors), \(terminal.utf8 ? "UTF-8" : "no UTF-8")
      characters  ● ■ ◆ ▲  ⠿⣿  ╭─╮  ▁▃▅█  (if these do not look like marks, dots and bars: --ascii)
      models      \(list(models))
      sample      \(sample ?? "not found")
      """)
    for line in result.missing { Report.line("! " + line) }
    if result.missing.isEmpty { Report.line("Nothing is missing.") }
  }

  /// What the kernels ask a processor for, as /proc/cpuinfo writes it.
  private static let flags = [
    "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni",
    "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8",
  ]

  private static func terminal(_ environment: [String: String]) -> Result.Terminal {
    let isTerminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0
    var size = winsize()
    let hasSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    let name = environment["TERM"].flatMap { $0.isEmpty ? nil : $0 }
    return Result.Terminal(
      isTerminal: isTerminal, name: name, width: hasSize ? Int(size.ws_col) : nil,
      height: hasSize ? Int(size.ws_row) : nil, colors: name.flatMap(Terminal.colors(of:)),
      utf8: Terminal.localeIsUTF8)
  }

  private static func missing(
    _ terminal: Result.Terminal, _ flags: Set<String>, _ models: [String], _ sample: String?,
    _ environment: [String: String]
  ) -> [String] {
    var missing: [String] = []
    if !flags.isSuperset(of: ["avx2", "fma", "f16c"]) {
      missing.append("The processor has no AVX2, FMA and F16C: everything runs, but slowly.")
    }
    if let name = terminal.name {
      if terminal.colors == nil {
        missing.append(
          "Terminfo does not know the terminal `\(name)`: install the package ncurses-term, or set "
            + "TERM to what your terminal is (xterm-256color is common).")
      } else if terminal.colors == 0 {
        missing.append("The terminal has no colours: concepts differ by their marks alone.")
      }
    } else {
      missing.append("TERM is not set: the explorer runs in a terminal, or with --script.")
    }
    if let width = terminal.width, let height = terminal.height, width < 40 || height < 12 {
      missing.append("The terminal is smaller than 40 x 12, which the explorer needs.")
    }
    if !terminal.utf8 {
      missing.append(
        "The locale is not UTF-8: maps are drawn in ASCII. Set LANG, for example to C.UTF-8.")
    }
    if UserFolders.cache(environment) == nil {
      missing.append("HOME and XDG_CACHE_HOME are not set: models are opened by path only.")
    }
    if !models.contains(ModelLocator.defaultName) {
      missing.append("The default model is not here: `make model` fetches it once.")
    }
    if sample == nil {
      missing.append("The sample is not found: run Seer in the folder that holds samples/.")
    }
    return missing
  }
}
