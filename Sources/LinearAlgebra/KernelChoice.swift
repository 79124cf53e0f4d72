import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// OpenBLAS 0.3.21 takes processors newer than itself for AVX2 machines and leaves half of an
/// AVX-512 processor's speed unused. The library chooses its kernels when it is loaded, so the
/// only cure is to start again with `OPENBLAS_CORETYPE` set.
public enum KernelChoice {
  static let variable = "OPENBLAS_CORETYPE"
  static let marker = "SEER_RELAUNCHED"
  static let avx2Kernels: Set<String> = ["Haswell", "Zen", "Excavator"]

  /// The kernel set to ask for, or nil where OpenBLAS's own choice stands: the user set the
  /// variable, the process was restarted once already, or the processor lacks AVX-512.
  package static func wanted(
    chosen: String, environment: [String: String], processorFlags: Set<String>
  ) -> String? {
    guard environment[variable] == nil, environment[marker] == nil,
      avx2Kernels.contains(chosen),
      processorFlags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"])
    else { return nil }
    return "SkylakeX"
  }

  /// Replaces the process by itself with the better kernels, where there are any.
  ///
  /// Call it first of all in `main`; it returns only when nothing is to be gained or the restart
  /// was not possible.
  public static func relaunchIfBetter() {
    let environment = ProcessInfo.processInfo.environment
    guard environment[variable] == nil, environment[marker] == nil else { return }
    guard
      let kernel = wanted(
        chosen: BLAS.kernelName, environment: environment, processorFlags: processorFlags())
    else { return }
    setenv(variable, kernel, 1)
    setenv(marker, "1", 1)
    var arguments = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    execv("/proc/self/exe", arguments)
    // Only reached when exec failed: run on with the kernels there are.
    unsetenv(variable)
  }

  /// Whether this process is the restarted one.
  public static var relaunched: Bool { ProcessInfo.processInfo.environment[marker] != nil }

  static func processorFlags() -> Set<String> {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") }),
      let list = line.split(separator: ":").last
    else { return [] }
    return Set(list.split(separator: " ").map(String.init))
  }
}
