import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

extension Monitor {
  /// The monitor of a run's layer, taught and calibrated by the split rule, or as it was measured
  /// (``MonitorRecord``).
  ///
  /// - Parameter reader: nil for the one that was measured to be better, else prototypes.
  package init(run: Run, layer: Int, reader: MonitorReader? = nil) throws(Failure) {
    let record = try MonitorRecord.of(run)?.layer(layer)
    let reader = reader ?? record?.reader ?? .prototype
    let measured = record?.readings.first { $0.reader == reader }
    let labelled = LabelledRows(run.rows)
    let sample = try labelled.sample(
      try run.states(layer: layer), layer: layer, name: run.folder)
    do throws(Failure) {
      try self.init(
        sample.states, labels: sample.labels, concepts: labelled.concepts, folds: sample.folds,
        layer: layer, reader: reader, groups: sample.prompts, probe: measured?.probe?.reading)
      if let record, let measured { try adopt(record, measured) }
      if !isMeasured, let way = Self.way(of: run.manifest.position) { thresholdsByRows(way) }
      if let note = labelled.note(run.folder) { notes.append(note) }
    } catch {
      var failure = error
      failure.file = failure.file ?? run.folder
      throw failure
    }
  }
}

extension Monitor {
  /// The way in which a turn's score is what the rows of such a run are.
  private static func way(of position: Position) -> SequenceScore? {
    switch position {
    case .mean: .mean
    case .last: .last
    case .promptEnd, .all: nil
    }
  }
}

extension Run {
  /// What the user should know before this run's monitor scores the tokens of a model, or a
  /// failure where it cannot.
  ///
  /// - Parameters:
  ///   - modelSHA256: of the model's weights.
  ///   - adapter: the adapter's folder and its hash, where one is used.
  ///   - template: how texts are put to the model; nil where none are.
  package func notesForScoring(
    _ model: LanguageModel, modelSHA256: String, adapter: (folder: String, sha256: String)?,
    template: RowTemplate?
  ) throws(Failure) -> [String] {
    let file = folder + "/" + Run.manifestName
    if let states = manifest.states {
      throw Failure(
        .badData, file: file, place: "states",
        found: "a run imported from \(states), of no model that is known",
        wanted: "a run that seer extract made with \(model.path)",
        advice: "Extract the rows with the model: scores compare a model's own states.")
    }
    guard manifest.width == model.configuration.width else {
      throw Failure(
        .badData, file: file, place: "width", found: "\(manifest.width) (model \(manifest.model))",
        wanted: "\(model.configuration.width), the width of \(model.path)",
        advice: "Extract a run with this model.")
    }
    guard manifest.modelSHA256 == modelSHA256 else {
      throw Failure(
        .badData, file: file, place: "model_sha256",
        found: "a run of another model, \(manifest.model)", wanted: "one of \(model.path)",
        advice: "Extract a run with this model.")
    }
    var notes: [String] = []
    if manifest.adapterSHA256 != adapter?.sha256 {
      notes.append(
        "\(folder) is a run of \(manifest.adapter.map { "the adapter \($0)" } ?? "the base model")"
          + ", scored is \(adapter.map { "the adapter \($0.folder)" } ?? "the base model").")
    }
    if manifest.position == .last || manifest.position == .promptEnd {
      notes.append(
        "\(folder) holds the ends of texts (--position \(manifest.position)): they describe whole "
          + "texts. For single words extract with --position mean.")
    }
    notes += precisionNotes(model)
    guard let template else { return notes }
    if manifest.template != template {
      notes.append(
        "\(folder) was extracted with --template \(manifest.template), scored is "
          + "--template \(template.rawValue).")
    }
    return notes + (try templateNotes(model, template))
  }

  /// A note where the run's states were made more or less exactly than the model's are now.
  package func precisionNotes(_ model: LanguageModel) -> [String] {
    guard manifest.multiplied != model.precision else { return [] }
    return [
      "\(folder) was extracted with --precision \(manifest.multiplied.rawValue); texts are now read "
        + "with --precision \(model.precision.rawValue)."
    ]
  }

  /// A note where the run's conversations were written in another way by the same template: other
  /// states come from other texts.
  package func templateNotes(
    _ model: LanguageModel, _ template: RowTemplate
  ) throws(Failure) -> [String] {
    guard template == .chat, manifest.template == .chat else { return [] }
    let (then, now) = (manifest.chat, try ChatRecord(model.tokenizer.chat))
    guard then != now else { return [] }
    return [
      "\(folder) was extracted with \(then.description); texts are now written with "
        + "\(now.description)."
    ]
  }
}
