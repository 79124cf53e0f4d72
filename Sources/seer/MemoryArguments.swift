import ArgumentParser
import SeerModels

/// A number of bytes as users write it: `12G`, `800M`, `1.5 GB`; G is 1000 M.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    var text = argument.uppercased().filter { $0 != " " }
    if text.hasSuffix("B") { text.removeLast() }
    let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    var unit = 1.0
    if let last = text.last, let found = units[last] {
      unit = found
      text.removeLast()
    }
    guard let number = Double(text), number * unit >= 1, number * unit < 1e15 else { return nil }
    bytes = Int(number * unit)
  }
}

/// What a command may take of the machine's memory.
package struct MemoryArguments: ParsableArguments {
  @Option(help: "Memory to keep to, such as 12G (default: what the machine has free).")
  var memory: ByteCount?

  package init() {}

  /// The limit; its plan is told on standard error.
  var budget: MemoryBudget { budget(isTold: true) }

  /// Of several processes one tells, and none over a screen.
  package func budget(isTold: Bool) -> MemoryBudget {
    MemoryBudget(limit: memory?.bytes) { if isTold { Report.note($0.description) } }
  }
}
