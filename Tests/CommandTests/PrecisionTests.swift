import Foundation
import SeerModels
import TestSupport
import Testing

/// `--precision` of every command that runs a model: taken, recorded, refused where it would mix.
struct PrecisionTests {
  let seer: Seer

  init() throws { seer = try Seer() }

  /// What the processor makes of `fast`.
  static let used = Precision.fast.here.rawValue

  func value(_ key: String, of file: String) throws -> String? {
    let data = Data(try bytes(ofFile: seer.folder(file)))
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return object?[key] as? String
  }

  @Test func recordedAndRefused() throws {
    let concepts = try seer.concepts()
    let extract = ["extract", "--concepts", concepts, "--run", seer.folder("run")]
    let first = try seer.run(Seer.program, extract + ["--precision", "fast"])
    #expect(first.status == 0, "\(first.errors)")
    #expect(try value("precision", of: "run/run.json") == Self.used)
    // A processor without kernels says what it makes of it.
    #expect(first.errors.contains("--precision fast is exact here") == (Self.used == "exact"))
    let again = try seer.run(Seer.program, extract)
    if Self.used == "fast" {
      again.expect(73, "precision (fast)")
    } else {
      #expect(again.status == 0)
    }
    // Without the kernels it is an exact run, whatever was asked for.
    let other = try seer.run(
      Seer.program,
      ["extract", "--concepts", concepts, "--run", seer.folder("slow"), "--precision", "fast"],
      environment: ["SEER_VNNI": "0", "SEER_AMX": "0"])
    #expect(other.errors.contains("--precision fast is exact here"))
    #expect(try value("precision", of: "slow/run.json") == "exact")
  }

  /// The states of both are those of one model.
  @Test func compared() throws {
    let concepts = try seer.concepts()
    for precision in ["exact", "fast"] {
      let outcome = try seer(
        "extract", "--concepts", concepts, "--run", seer.folder(precision), "--precision",
        precision)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let outcome = try seer(
      "compare", "--base", seer.folder("exact"), "--tuned", seer.folder("fast"), "--permutations",
      "0", "--json")
    let isTold = outcome.errors.contains("The runs differ in precision: exact and fast.")
    #expect(isTold == (Self.used == "fast"))
    let layers = try #require(try outcome.json()["layers"] as? [[String: Any]])
    for layer in layers {
      let drift = try #require(
        (layer["drift"] as? [String: Any])?["cosine_distance"] as? Double)
      #expect(abs(drift) < 1e-4)
    }
  }

  @Test func everyCommandTakesIt() throws {
    let concepts = try seer.concepts()
    _ = try seer("extract", "--concepts", concepts, "--run", seer.folder("run"))
    let fast = ["--precision", "fast"]
    for arguments in [
      ["generate", "--prompt", "Is it?", "--tokens", "2"],
      ["score", "--run", seer.folder("run"), "--layer", "2", "Is it?"],
      ["evaluate", "ability", "--texts", concepts],
    ] {
      let outcome = try seer.run(Seer.program, arguments + fast)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(
        outcome.errors.contains("texts are now read with --precision fast")
          == (arguments[0] == "score" && Self.used == "fast"))
    }
    let rows = (0..<8).map { "text number \($0),\($0 % 2 == 0 ? "color" : "number"),train" }
    let many = try seer.folder.write(
      (["prompt,value,split"] + rows).joined(separator: "\n") + "\n", to: "many.csv")
    let train = try seer.run(
      Seer.program,
      [
        "train", "--concepts", many, "--layer", "2", "--steps", "1", "--batch", "2",
        "--retain-batch", "0", "--adapter", seer.folder("adapter"),
      ] + fast)
    #expect(train.status == 0, "\(train.errors)")
    #expect(try value("precision", of: "adapter/recipe.json") == Self.used)
    for arguments in [
      ["extract", "--concepts", concepts, "--run", seer.folder("no")],
      ["train", "--concepts", concepts, "--adapter", seer.folder("no")],
      ["generate", "--prompt", "a"], ["score", "--run", "r", "--layer", "1", "a"], ["chat"],
      ["evaluate", "classify", "--train", "a", "--test", "b"], ["explore"],
      ["evaluate", "detox", "--harmful", "a", "--safe", "b", "--output", "c"],
      ["evaluate", "ability", "--texts", "a"],
      ["evaluate", "faithfulness", "--run", "r", "--layer", "1", "--concepts", "a"],
    ] {
      let outcome = try seer.run(Seer.program, arguments + ["--precision", "double"])
      outcome.expect(64, "double", "exact", "fast")
    }
  }

  @Test func saidByVersionAndDoctor() throws {
    for arguments in [["--version"], ["doctor"]] {
      let outcome = try seer.run(Seer.program, arguments)
      #expect(outcome.output.contains("fast: "))
      let off = try seer.run(
        Seer.program, arguments, environment: ["SEER_VNNI": "0", "SEER_AMX": "0"])
      #expect(off.output.contains("fast: exact, "))
    }
  }
}
