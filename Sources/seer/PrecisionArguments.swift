import ArgumentParser
import SeerModels
import SeerSupport

extension Precision: ExpressibleByArgument {}

/// How exactly a command's model multiplies.
struct PrecisionArguments: ParsableArguments {
  @Option(help: "How states are multiplied with weights: exact or fast (seer help precision).")
  var precision = Precision.exact

  /// The choice; where this machine makes something else of it, that is told.
  var chosen: Precision { chosen(isTold: true) }

  /// Of several processes one tells.
  func chosen(isTold: Bool) -> Precision {
    if precision.here != precision, isTold {
      Report.note(
        "--precision \(precision.rawValue) is \(precision.here.rawValue) here: the processor has "
          + "neither AVX-512 VNNI nor a matrix unit for bfloat16.")
    }
    return precision
  }
}
