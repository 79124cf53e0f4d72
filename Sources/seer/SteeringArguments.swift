import ArgumentParser
import Foundation
import SeerModels
import SeerMonitor
import SeerSupport

/// A name with a number: `honesty=0.2`.
struct Weighted: ExpressibleByArgument {
  let name: String
  let weight: Float?

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    if parts.count > 1, let last = parts.last, let weight = Float(last), weight.isFinite {
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

  func validate() throws {
    for entry in steer where entry.weight == nil {
      throw ValidationError(
        "--steer: found \(entry.name), wanted CONCEPT=STRENGTH, such as honesty=0.2.")
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
      Report.note("Steering: layer \(intervention.layer) is added to while the model writes.")
    }
    return result
  }
}
