import ArgumentParser
import Foundation
import SeerFormats
import SeerModels
import SeerMonitor
import SeerRuns
import SeerSupport

struct ControlVectorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control-vector",
    abstract: "Write a concept's direction as a control vector.",
    discussion: """
      The file is a GGUF that llama.cpp (--control-vector-scaled) and repeng read, and that
      seer generate --control-vector adds while it writes. A vector is as long as a typical state of
      its layer times --strength.

      Example:
        seer control-vector --run words --layer 12 --concept honesty --output honesty.gguf
        seer generate --prompt "Tell me about your day." --control-vector honesty.gguf=0.1
      """.reflowed)

  @Option(help: "A GGUF file or the name of a cached model.") var model = "smollm2"
  @Option(name: .customLong("run"), help: "A run of the model, whose concepts are known.")
  var folder: String
  @Option(help: "A layer, 2 or more; given again for several.") var layer: [Int]
  @Option(help: "The concept.") var concept: String
  @Option(help: "The vector's length in lengths of a typical state.") var strength: Float = 1
  @Option(help: "The file to write.") var output: String
  @Flag(help: "Print one JSON object.") var json = false

  struct Result: Encodable {
    let layers: [Int]
    let lengths: [Double]
  }

  func validate() throws {
    guard !layer.isEmpty else { throw ValidationError("--layer: found none, wanted 2 or more.") }
    for layer in layer { try checkNumber("layer", layer, from: 2, to: mostCounted) }
    guard Set(layer).count == layer.count else {
      throw ValidationError("--layer: found a layer twice, wanted each once.")
    }
    guard SteeringArguments.strengths.contains(strength), strength != 0 else {
      throw ValidationError(
        "--strength: found \(strength), wanted a number other than 0, "
          + "\(SteeringArguments.wantedStrengths).")
    }
  }

  func run() throws {
    try OutputFile.check(output, isNoneOf: Run.files(folder), try? ModelLocator.path(of: model))
    Report.makeWay(for: output)
    let command = self
    let result = try runJob("control-vector") { context in
      let language = try LanguageModel(command.model)
      let run = try Run.open(command.folder)
      for note in try run.notesForScoring(
        language, modelSHA256: language.sha256(), adapter: nil, template: nil)
      {
        Report.note(note)
      }
      var vector = ControlVector(
        modelHint: language.configuration.architecture, directions: [:])
      for layer in command.layer {
        try context.checkpoint()
        let monitor = try Monitor(run: run, layer: layer)
        let concept = try monitor.place(of: command.concept)
        vector.directions[layer] =
          monitor.steering(concept, strength: command.strength).vector
      }
      try vector.write(to: command.output)
      let sorted = vector.directions.sorted { $0.key < $1.key }
      return Result(
        layers: sorted.map(\.key),
        lengths: sorted.map { sqrt($0.value.reduce(0.0) { $0 + Double($1) * Double($1) }) })
    }
    if json { return try Report.json(result) }
    let layers = result.layers.map(String.init).joined(separator: ", ")
    Report.line("\(output): \(concept) at layer \(layers)")
  }
}
