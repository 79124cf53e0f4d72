import LinearAlgebra
import Testing

struct KernelChoiceTests {
  static let avx512: Set<String> = [
    "fpu", "avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd",
  ]

  @Test(arguments: ["Haswell", "Zen", "Excavator"])
  func anAVX2KernelOnAnAVX512Processor(chosen: String) {
    #expect(
      KernelChoice.wanted(chosen: chosen, environment: [:], processorFlags: Self.avx512)
        == "SkylakeX")
  }

  @Test(arguments: ["SkylakeX", "Cooperlake", "Sapphirerapids", "Sandybridge", "Prescott", ""])
  func anotherKernelStands(chosen: String) {
    #expect(
      KernelChoice.wanted(chosen: chosen, environment: [:], processorFlags: Self.avx512) == nil)
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

  @Test func otherVariablesDoNotMatter() {
    #expect(
      KernelChoice.wanted(
        chosen: "Haswell", environment: ["OPENBLAS_NUM_THREADS": "1", "PATH": "/bin"],
        processorFlags: Self.avx512) != nil)
  }
}
