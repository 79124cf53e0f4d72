import LinearAlgebra
import Testing

struct KernelChoiceTests {
  static let avx512: Set<String> = [
    "fpu", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd",
  ]

  @Test(arguments: ["Haswell", "Zen", "Excavator", "Prescott", "Nehalem", "Sandybridge"])
  func lowerKernelsOnAnAVX512Processor(chosen: String) {
    #expect(
      KernelChoice.wanted(chosen: chosen, environment: [:], processorFlags: Self.avx512)
        == "SkylakeX")
  }

  @Test(arguments: ["Prescott", "Nehalem", "Sandybridge", "Steamroller"])
  func lowerKernelsOnAnAVX2Processor(chosen: String) {
    #expect(
      KernelChoice.wanted(chosen: chosen, environment: [:], processorFlags: ["avx2", "fma"])
        == "Haswell")
  }

  @Test(arguments: ["SkylakeX", "Cooperlake", "Sapphirerapids", "Armv8", ""])
  func kernelsThatFitOrAreNotKnownStand(chosen: String) {
    #expect(
      KernelChoice.wanted(chosen: chosen, environment: [:], processorFlags: Self.avx512) == nil)
  }

  @Test(arguments: ["Haswell", "Zen", "Prescott"])
  func whatAnOldProcessorGetsStands(chosen: String) {
    #expect(
      KernelChoice.wanted(chosen: chosen, environment: [:], processorFlags: ["sse3", "avx"]) == nil)
  }

  @Test(arguments: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"])
  func aProcessorThatLacksAPart(flag: String) {
    #expect(
      KernelChoice.wanted(
        chosen: "Haswell", environment: [:], processorFlags: Self.avx512.subtracting([flag])) == nil
    )
    #expect(
      KernelChoice.wanted(chosen: "Haswell", environment: [:], processorFlags: []) == nil)
  }

  @Test(arguments: ["Haswell", "SkylakeX", ""])
  func whatTheUserSetStands(value: String) {
    #expect(
      KernelChoice.wanted(
        chosen: "Haswell", environment: ["OPENBLAS_CORETYPE": value],
        processorFlags: Self.avx512) == nil)
  }

  @Test func onceIsEnough() {
    #expect(
      KernelChoice.wanted(
        chosen: "Haswell", environment: ["SEER_RELAUNCHED": "1"], processorFlags: Self.avx512)
        == nil)
  }

  static let reasons: [(String, [String: String], String)] = [
    ("SkylakeX", [:], "OpenBLAS's choice, which fits"),
    ("Prescott", [:], "OpenBLAS's choice, below what the processor has"),
    ("Armv9", [:], "OpenBLAS's choice, not known here"),
    ("Haswell", ["OPENBLAS_CORETYPE": "Haswell"], "OPENBLAS_CORETYPE is set to Haswell"),
    (
      "SkylakeX", ["SEER_RELAUNCHED": "Prescott", "OPENBLAS_CORETYPE": "SkylakeX"],
      "restarted for them: OpenBLAS had chosen Prescott, which knows less than the processor"
    ),
  ]

  @Test(arguments: reasons)
  func whyTheyRun(chosen: String, environment: [String: String], reason: String) {
    #expect(
      KernelChoice.reason(
        chosen: chosen, environment: environment, processorFlags: Self.avx512) == reason)
  }

  @Test func otherVariablesDoNotMatter() {
    #expect(
      KernelChoice.wanted(
        chosen: "Haswell", environment: ["OPENBLAS_NUM_THREADS": "1", "PATH": "/bin"],
        processorFlags: Self.avx512) != nil)
  }
}
