import Foundation
import SeerApp
import SeerModels
import SeerSupport
import SeerTraining

/// What is wrong with a line of the form.
package struct FieldFault: Equatable, Sendable {
  /// A few words, beside the line.
  package var short: String
  /// The whole of it, in sentences.
  package var text: String
  /// What could stand there instead.
  package var proposal: String?

  package init(_ short: String, _ text: String? = nil, proposal: String? = nil) {
    self.short = short
    self.text = text ?? short
    self.proposal = proposal
  }
}

/// What is known of the files that the form names, and of its model.
package struct FormFiles: Equatable, Sendable {
  /// What was looked up.
  package var texts: [TrainState.Field: String]
  package var faults: [TrainState.Field: FieldFault]
  /// The model's shape, where the model can be read.
  var configuration: ModelConfiguration?

  package init(
    texts: [TrainState.Field: String], faults: [TrainState.Field: FieldFault] = [:],
    configuration: ModelConfiguration? = nil
  ) {
    self.texts = texts
    self.faults = faults
    self.configuration = configuration
  }

  /// Lines that name files.
  package static let fields: [TrainState.Field] = [.model, .concepts, .retain, .adapter]

  /// Looks files up; the model is read only where it is another one than before.
  package static func look(
    _ texts: [TrainState.Field: String], after known: FormFiles?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> FormFiles {
    var files = FormFiles(texts: texts)
    let model = texts[.model] ?? ""
    if let known, known.texts[.model] == model, let configuration = known.configuration {
      files.configuration = configuration
    } else if !model.isEmpty {
      do throws(Failure) {
        files.configuration = try LanguageModel(
          ModelLocator.path(of: model, environment: environment)
        ).configuration
      } catch {
        let isMissing = error.kind == .missingInput
        files.faults[.model] = FieldFault(
          isMissing ? "no such model" : "it cannot be read", Problem(error).text)
      }
    }
    for field in [TrainState.Field.concepts, .retain] {
      let path = texts[field] ?? ""
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      if path.isEmpty || isThere && !isFolder.boolValue { continue }
      files.faults[field] =
        isThere
        ? FieldFault("a folder, no file", "\(path) is a folder: a file is wanted.")
        : FieldFault("no such file", "\(path): there is no such file.")
    }
    files.faults[.adapter] = adapterFault(texts[.adapter] ?? "")
    return files
  }

  /// Why a training cannot write into a folder, and a name that is free.
  private static func adapterFault(_ folder: String) -> FieldFault? {
    guard !folder.isEmpty else { return nil }
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
    let holds: String
    if isThere && !isFolder.boolValue {
      holds = "is a file"
    } else if AdapterFile.exists(folder) {
      holds = "holds a finished adapter"
    } else if TrainingCheckpoint.exists(folder) {
      holds = "holds an unfinished training (seer train --resume goes on with it)"
    } else {
      return nil
    }
    let free = FreeName.of(folder, hasEnding: false)
    return FieldFault(
      "taken; free: \(RunSource.name(free))",
      "\(folder) \(holds). Ctrl-f takes the free name \(free).", proposal: free)
  }
}

extension TrainState {
  /// What is wrong with a line as it stands; nil where nothing is known to be.
  package func fault(_ field: Field) -> FieldFault? {
    if let files, FormFiles.fields.contains(field), files.texts[field] == text(field),
      let fault = files.faults[field]
    {
      return fault
    }
    var preset = TrainingPreset.standard
    if let wanted = put(field, into: &preset) { return FieldFault(wanted, sentence(field, wanted)) }
    guard let option = field.option else { return nil }
    // Other lines' values are judged beside those lines.
    if field != .layers { preset.objective.layers = [1] }
    do throws(Failure) {
      try preset.check(files.flatMap { $0.texts[.model] == text(.model) ? $0.configuration : nil })
      return nil
    } catch {
      guard error.place == option else { return nil }
      let wanted = "wanted " + (error.wanted ?? "another value")
      return FieldFault(wanted, sentence(field, wanted))
    }
  }

  private func sentence(_ field: Field, _ wanted: String) -> String {
    let found = text(field)
    return "\(field.rawValue): found \(found.isEmpty ? "nothing" : "'\(found)'"), \(wanted)."
  }

  /// The lines with something wrong, in their order.
  package var faults: [Field] { Field.allCases.filter { fault($0) != nil } }

  /// What the form says, or which line is wrong.
  package func training(tool: String) -> Result<Training, Problem> {
    if let field = faults.first, let fault = fault(field) { return .failure(Problem(fault.text)) }
    var preset = TrainingPreset.standard
    for field in Field.allCases { _ = put(field, into: &preset) }
    let retain = text(.retain)
    var training = Training(
      model: text(.model), concepts: text(.concepts), retain: retain.isEmpty ? nil : retain,
      folder: text(.adapter), preset: preset, tool: tool)
    // No line of the form asks for a number of tokens.
    training.fitsContext = true
    return .success(training)
  }

  /// Puts what a line says into a preset.
  ///
  /// - Returns: what is wanted in its place, where it says nothing that can be used.
  private func put(_ field: Field, into preset: inout TrainingPreset) -> String? {
    let text = text(field)
    func put(_ key: WritableKeyPath<TrainingPreset, Int>) -> String? {
      guard let number = Int(text) else { return "wanted a whole number" }
      preset[keyPath: key] = number
      return nil
    }
    switch field {
    case .start: return nil
    case .model, .concepts, .adapter: return text.isEmpty ? "wanted \(field.help)" : nil
    case .retain:
      if text.isEmpty { preset.retainBatch = 0 }
      return nil
    case .objective:
      guard let objective = ObjectiveName(rawValue: text) else { return "wanted \(field.help)" }
      preset.objective = preset.objective.replaced(by: objective)
      return nil
    case .layers:
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
        Int($0.filter { $0 != " " })
      }
      let layers = parts.compactMap { $0 }
      guard layers.count == parts.count else { return "wanted numbers and commas" }
      preset.objective.layers = layers
      return nil
    case .rank: return put(\.rank)
    case .steps: return put(\.steps)
    case .every: return put(\.evaluateEvery)
    case .keep: return put(\.keep)
    }
  }
}

extension TrainState.Field {
  /// The option of `seer train` that says the same, for those whose values have a range.
  fileprivate var option: String? {
    switch self {
    case .layers: "--layer"
    case .rank: "--rank"
    case .steps: "--steps"
    case .every: "--evaluate-every"
    case .keep: "--keep"
    default: nil
    }
  }
}
