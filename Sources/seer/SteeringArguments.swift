import ArgumentParser
import Foundation
import SeerModels
import SeerMonitor
import SeerSupport

/// A name with a number: `honesty=0.2`.
struct Weighted: ExpressibleByArgument {
  let name: String
  /// Any number, one that is not finite too: whoever takes it has a range for it.
  let weight: Float?

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    if parts.count > 1, let last = parts.last, let weight = Float(last) {
      name = parts.dropLast().joined(separator: "=")
      self.weight = weight
    } else {
      name = argument
      weight = nil
    }
    if name.isEmpty { return nil }
  }
}

/// What is added to the states while the model writes; off unless asked for.
struct SteeringArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Add a concept's direction at the layer; a strength of 1 is as long as a typical state.",
      valueName: "concept=strength"))
  var steer: [Weighted] = []
  @Option(
    help: ArgumentHelp(
      "Add a control vector, times a strength (1 where none is given).",
      valueName: "file=strength"))
  var controlVector: [Weighted] = []

  /// Lengths of a typical state: a thousand are far more than any model makes sense of.
  static let strengths: ClosedRange<Float> = -1000...1000
  static let wantedStrengths = "-1000 to 1000"

  func validate() throws {
    for entry in steer where entry.weight == nil {
      throw ValidationError(
        "--steer: found \(entry.name), wanted CONCEPT=STRENGTH, such as honesty=0.2.")
    }
    for (option, entries) in [("steer", steer), ("control-vector", controlVector)] {
      for entry in entries where !Self.strengths.contains(entry.weight ?? 1) {
        throw ValidationError(
          "--\(option): found \(entry.weight ?? 1), wanted \(Self.wantedStrengths).")
      }
    }
  }

  /// - Parameter monitor: the monitor of `--run` and `--layer`, where they are given.
  func interventions(
    _ configuration: ModelConfiguration, _ monitor: Monitor?
  ) throws -> [Intervention] {
    var result: [Intervention] = []
    for entry in steer {
      guard let monitor else {
        throw Failure(
          .usage, place: "--steer", found: "no --run and --layer",
          wanted: "the run that knows the concept")
      }
      result.append(
        monitor.steering(try monitor.place(of: entry.name), strength: entry.weight ?? 0))
    }
    for entry in controlVector {
      result += try ControlVector(contentsOf: entry.name, for: configuration).interventions(
        strength: entry.weight ?? 1)
    }
    for intervention in result {
      // Squares of what is larger are beyond float32.
      guard intervention.vector.allSatisfy({ abs($0) <= 1e15 }) else {
        throw Failure(
          .badData, place: "layer \(intervention.layer)", found: "a vector with values above 1e15",
          wanted: "values that a model can go on with", advice: "Lower the strength.")
      }
      Report.note("Steering: layer \(intervention.layer) is added to while the model writes.")
    }
    return result
  }
}
