import Foundation
import TestSupport
import Testing

/// Every number that an option takes, out of its range: wrong usage, by name, before anything is
/// read or made.
struct NumberTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  /// A command that is right but for the option, its option, and whether a fraction is a number of
  /// its kind.
  static let options: [(command: String, option: String, isWhole: Bool)] = [
    ("model", "tokens", true),
    ("extract --concepts c.csv --run r", "limit", true),
    ("extract --concepts c.csv --run r", "max-tokens", true),
    ("generate --prompt x", "tokens", true), ("generate --prompt x", "temperature", false),
    ("generate --prompt x", "top-k", true), ("generate --prompt x", "top-p", false),
    ("generate --prompt x", "min-p", false), ("generate --prompt x", "repetition-penalty", false),
    ("generate --prompt x --run r", "layer", true),
    ("generate --prompt x", "steer=a", false), ("generate --prompt x", "control-vector=f", false),
    ("generate --prompt x", "seed", true), ("generate --prompt x", "memory", false),
    ("chat", "tokens", true), ("chat --run r", "layer", true), ("chat", "temperature", false),
    ("score --run r text", "layer", true), ("score --run r --layer 1 --verify text", "token", true),
    ("score --run r --layer 1 text", "alert=a", false),
    ("score --run r --layer 1 --why text", "token", true),
    ("project --run r --output m.csv", "layer", true),
    ("project --matrix m.npy --output m.csv", "components", true),
    ("project --matrix m.npy --output m.csv", "seed", true),
    ("project --matrix m.npy --output m.csv --method tsne", "perplexity", false),
    ("project --matrix m.npy --output m.csv --method tsne", "iterations", true),
    ("compare --base a --tuned b", "layer", true),
    ("compare --base a --tuned b", "permutations", true),
    ("compare --base a --tuned b", "seed", true),
    ("export --run r --output m.csv", "layer", true), ("report --output r.md", "layer", true),
    ("control-vector --run r --concept c --output v.gguf", "layer", true),
    ("control-vector --run r --layer 2 --concept c --output v.gguf", "strength", false),
    ("evaluate classify --train a --test b", "resamples", true),
    ("evaluate classify --train a --test b", "permutations", true),
    ("evaluate classify --train a --test b", "max-tokens", true),
    ("evaluate classify --train a --test b", "layer", true),
    ("evaluate detox --harmful a --safe b --output o", "tokens", true),
    ("evaluate detox --harmful a --safe b --output o", "limit", true),
    ("evaluate detox --harmful a --safe b --output o", "width", true),
    ("evaluate detox --harmful a --safe b --output o --run r", "layer", true),
    ("evaluate ability --texts t", "max-tokens", true),
    ("evaluate faithfulness --run r --concepts c", "layer", true),
    ("evaluate faithfulness --run r --concepts c --layer 1", "limit", true),
    ("evaluate faithfulness --run r --concepts c --layer 1", "max-tokens", true),
    ("evaluate faithfulness --run r --concepts c --layer 1", "orders", true),
    ("evaluate faithfulness --run r --concepts c --layer 1", "points", true),
    ("evaluate faithfulness --run r --concepts c --layer 1", "resamples", true),
    ("evaluate faithfulness --run r --concepts c --layer 1", "seed", true),
    ("train --concepts c.csv --adapter A", "layer", true),
    ("train --concepts c.csv --adapter A", "rank", true),
    ("train --concepts c.csv --adapter A", "alpha", false),
    ("train --concepts c.csv --adapter A", "dropout", false),
    ("train --concepts c.csv --adapter A", "learning-rate", false),
    ("train --concepts c.csv --adapter A", "batch", true),
    ("train --concepts c.csv --adapter A", "retain-batch", true),
    ("train --concepts c.csv --adapter A", "parts", true),
    ("train --concepts c.csv --adapter A", "epochs", true),
    ("train --concepts c.csv --adapter A", "steps", true),
    ("train --concepts c.csv --adapter A --layer 2", "max-tokens", true),
    ("train --concepts c.csv --adapter A", "evaluate-every", true),
    ("train --concepts c.csv --adapter A", "contrastive-weight", false),
    ("train --concepts c.csv --adapter A", "retain-weight", false),
    ("train --concepts c.csv --adapter A", "kl-weight", false),
    ("train --concepts c.csv --adapter A", "seed", true),
  ]

  @Test(arguments: options.indices)
  func outOfRange(place: Int) throws {
    let (command, option, isWhole) = Self.options[place]
    // `--steer a=NUMBER` has its number behind a name.
    let parts = option.split(separator: "=")
    var wrong = ["nan", "-inf", "1e400"]
    // A file may have any name that does not end in a number.
    if parts[0] != "control-vector" { wrong.append("x") }
    // Things that are counted: no part of one, and none below zero.
    wrong += isWhole ? ["1.5", "-1"] : ["1e39", "-1e39"]
    // Any number is a seed.
    if isWhole, option != "seed" { wrong.append("\(Int.max)") }
    for number in wrong {
      let value = parts.count > 1 ? "\(parts[1])=\(number)" : number
      let outcome = try seer.run(
        Seer.program, command.split(separator: " ").map(String.init) + ["--\(parts[0])=\(value)"])
      outcome.expect(64)
      #expect(outcome.errors.contains("\(parts[0])"), "\(option) \(number): \(outcome.errors)")
    }
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !"rAmv".contains($0) })
  }

  /// Lists are read to their last comma.
  @Test(arguments: ["4,,5", "4,", ",4", "", " ", "4;5", "4,5,4", "all,4"])
  func lists(text: String) throws {
    try seer("train", "--concepts", "c.csv", "--adapter", "A", "--layer", text).expect(
      64, "--layer: found ")
    try seer("train", "--concepts", "c.csv", "--adapter", "A", "--position", "last,,mean").expect(
      64, "--position: found ``, wanted last, prompt-end or mean")
    guard text != "4,5,4" else { return }
    try seer("evaluate", "classify", "--train", "a", "--test", "b", "--layer", text).expect(
      64, "--layer: found ")
  }

  /// Passes over the rows, not steps: what they make is counted without overflow.
  @Test func epochs() throws {
    let rows = (0..<4).flatMap { ["a red thing \($0),x", "the sea \($0),y"] }
    try seer.folder.write(
      "prompt,value\n" + rows.joined(separator: "\n") + "\n", to: "concepts.csv")
    for (epochs, words) in [
      ("0", "--epochs: found 0, wanted 1 or more"),
      ("-1", "--epochs: found -1, wanted 1 or more"),
      ("9223372036854775807", "--epochs: found 9223372036854775807, wanted at most"),
      ("1000000000", " rows, wanted at most 10000000 steps"),
    ] {
      try seer(
        "train", "--concepts", "concepts.csv", "--layer", "2", "--adapter", "A", "--retain-batch",
        "0", "--epochs=\(epochs)"
      ).expect(64, words)
    }
    try seer(
      "train", "--concepts", "concepts.csv", "--layer", "2", "--adapter", "A", "--batch", "0",
      "--epochs", "1"
    ).expect(64, "--batch: found 0, wanted an even number")
    #expect(!FileManager.default.fileExists(atPath: seer.folder("A")))
  }
}
