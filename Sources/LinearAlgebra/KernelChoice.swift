import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// OpenBLAS 0.3.21 does not know processors newer than itself: it runs AVX2 code on AMD's with AVX-512,
/// and SSE3 code (`Prescott`) on Intel's Emerald Rapids, where eigenvectors then take twice as long. The
/// library chooses its kernels when it is loaded, so the only cure is to start again with
/// `OPENBLAS_CORETYPE` set.
public enum KernelChoice {
  static let variable = "OPENBLAS_CORETYPE"
  /// Names the kernels that OpenBLAS had chosen.
  static let marker = "SEER_RELAUNCHED"

  /// What a set of kernels asks of a processor, from the oldest on.
  enum Level: Int, Comparable {
    case older, avx2, avx512

    static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    /// What the processor has.
    init(processorFlags: Set<String>) {
      let isAVX512 = processorFlags.isSuperset(
        of: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"])
      self = isAVX512 ? .avx512 : processorFlags.isSuperset(of: ["avx2", "fma"]) ? .avx2 : .older
    }

    /// Of OpenBLAS's kernels by their name; nil for a name that we do not know, which a newer
    /// OpenBLAS may have and chosen well.
    init?(kernels name: String) {
      switch name {
      case "SkylakeX", "Cooperlake", "Sapphirerapids": self = .avx512
      case "Haswell", "Zen", "Excavator": self = .avx2
      case "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn",
        "Dunnington", "Nehalem", "Sandybridge", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona",
        "Bobcat", "Bulldozer", "Piledriver", "Steamroller", "Nano":
        self = .older
      default: return nil
      }
    }

    /// The kernels to ask for.
    var kernels: String? {
      switch self {
      case .older: nil
      case .avx2: "Haswell"
      case .avx512: "SkylakeX"
      }
    }
  }

  /// The kernel set to ask for, or nil where OpenBLAS's own choice stands: the user set the
  /// variable, the process was restarted once already, or the processor has no more than was chosen.
  package static func wanted(
    chosen: String, environment: [String: String], processorFlags: Set<String>
  ) -> String? {
    guard environment[variable] == nil, environment[marker] == nil,
      let level = Level(kernels: chosen)
    else { return nil }
    let processor = Level(processorFlags: processorFlags)
    return level < processor ? processor.kernels : nil
  }

  /// Replaces the process by itself with the better kernels, where there are any.
  ///
  /// Call it first of all in `main`; it returns only when nothing is to be gained or the restart
  /// was not possible.
  public static func relaunchIfBetter() {
    let environment = ProcessInfo.processInfo.environment
    guard environment[variable] == nil, environment[marker] == nil else { return }
    let chosen = BLAS.kernelName
    guard
      let kernel = wanted(
        chosen: chosen, environment: environment, processorFlags: processorFlags())
    else { return }
    setenv(variable, kernel, 1)
    setenv(marker, chosen, 1)
    // The bytes as they came: as strings, those that are not UTF-8 would be others.
    execv("/proc/self/exe", CommandLine.unsafeArgv)
    // Only reached when exec failed: run on with the kernels there are.
    unsetenv(variable)
  }

  /// Why OpenBLAS runs the kernels that it runs, in a few words.
  public static var reason: String {
    reason(
      chosen: BLAS.kernelName, environment: ProcessInfo.processInfo.environment,
      processorFlags: processorFlags())
  }

  /// The same of what is told of a process and its processor.
  package static func reason(
    chosen: String, environment: [String: String], processorFlags: Set<String>
  ) -> String {
    if let before = environment[marker] {
      return
        "restarted for them: OpenBLAS had chosen \(before), which knows less than the processor"
    }
    if let value = environment[variable] { return "\(variable) is set to \(value)" }
    guard let level = Level(kernels: chosen) else { return "OpenBLAS's choice, not known here" }
    return level < Level(processorFlags: processorFlags)
      ? "OpenBLAS's choice, below what the processor has" : "OpenBLAS's choice, which fits"
  }

  /// What the processor can do, in the kernel's words (`avx2`, `avx512f`); empty where it does not say.
  package static func processorFlags() -> Set<String> {
    Set(processor("flags").split(separator: " ").map(String.init))
  }

  /// What the maker calls the processor; empty where the kernel does not say.
  package static var processorName: String {
    processor("model name").trimmingCharacters(in: .whitespaces)
  }

  private static func processor(_ key: String) -> Substring {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
      let colon = line.firstIndex(of: ":")
    else { return "" }
    return line[line.index(after: colon)...]
  }
}
