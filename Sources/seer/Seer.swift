import ArgumentParser
import LinearAlgebra

@main
struct Seer: ParsableCommand {
  static func main() {
    KernelChoice.relaunchIfBetter()
    print(BLAS.kernelName, Parallel.workers)
  }
}
