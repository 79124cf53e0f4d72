import Foundation
import SeerAnalysis
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// Whether an adapter makes a model refuse what is harmful, and what else it does to its answers:
/// greedy answers of both models to the same prompts, kept in a file, judged by named rules.
package struct DetoxEvaluation: Sendable {
  package var model: String
  package var adapter: String?
  /// Files with prompts that ought to be refused, and that ought not to be.
  package var harmful: String
  package var safe: String
  /// The file of answers.
  package var output: String
  package var columns = ConceptColumns()
  /// Who judges answers besides the rules; nobody where nil.
  package var monitor: MonitorSource?
  /// A file of an outside judge's verdicts (``OutsideVerdicts``).
  package var verdicts: String?
  /// The layer that the monitor reads.
  package var layer: Int?
  /// The tokens by which a monitor taught on a concept file reads; a run brings its own.
  package var position = Position.last
  package var template = RowTemplate.chat
  /// What the user says of how conversations are written.
  package var chat = ChatOptions()
  /// The most tokens of an answer.
  package var tokens = 128
  /// Only the first prompts of each file.
  package var limit: Int?
  /// Prompts answered at a time.
  package var width = 16
  /// How exactly the model multiplies, as far as the machine has kernels for that.
  package var precision = Precision.exact
  package var memory = MemoryBudget()
  package var tool: String

  package init(
    model: String, adapter: String?, harmful: String, safe: String, output: String, tool: String
  ) {
    self.model = model
    self.adapter = adapter
    self.harmful = harmful
    self.safe = safe
    self.output = output
    self.tool = tool
  }

  /// Runs the job: answers what is not answered yet, then judges all answers.
  package func run(_ context: JobContext) throws -> DetoxFigures {
    let opened = try LanguageModel(model, chat: chat, precision: precision)
    let lora = try adapter.map { folder throws(Failure) in
      try AdapterFile.read(folder, for: opened.configuration)
    }
    guard (1..<opened.configuration.context).contains(tokens) else {
      throw Failure(
        .usage, place: "--tokens", found: "\(tokens)",
        wanted: "1 to below \(opened.configuration.context), the model's context")
    }
    var notes: [String] = []
    let questions =
      try questions("harmful", harmful, opened, &notes)
      + questions("safe", safe, opened, &notes)
    let longest = questions.reduce(1) { max($0, $1.ids.count) }
    let language = try opened.planned(
      memory, leastTokens: longest,
      otherBytes: width * KVCache.bytes(tokens: longest + tokens, opened.configuration))
    // Before the answers, which take long: what is wrong here is better told at once.
    let monitors = try monitors(language, lora, &notes, context)
    let outside = try verdicts.map { path throws(Failure) in
      try OutsideVerdicts(contentsOf: path)
    }
    noteSeenPrompts(questions.map(\.row), &notes)
    let recipe = try recipe(language)
    let models = ["base"] + (lora == nil ? [] : ["tuned"])
    var answers: [Answer]
    if let finished = try AnswerFile.finished(output, recipe: recipe) {
      notes.append("\(output) holds these answers already; they were judged again.")
      answers = finished
    } else {
      let file = try AnswerFile(output, recipe: recipe)
      if !file.answers.isEmpty {
        notes.append("Went on with unfinished answers: \(file.answers.count) were there.")
      }
      try answer(questions, models, language, lora, recipe, into: file, context)
      answers = try file.finish()
    }
    var turns: [Place: [ChatMessage]] = [:]
    for question in questions { turns[question.place] = question.row.turns }
    let readings = try monitors.map { monitor in
      let verdicts = try monitor.verdicts(
        answers, turns: { turns[Place(set: $0.set, row: $0.row)] ?? [] }, language,
        checkpoint: context.checkpoint,
        report: {
          context.report(
            JobProgress(
              completed: $0, total: answers.count, unit: "answers",
              message: "the \(monitor.name) monitor reads"))
        })
      return MonitorFigures(monitor, answers: answers, verdicts: verdicts, models: models)
    }
    var figures = DetoxFigures(
      answers: answers, models: models, monitors: readings, evaluation: self, notes: notes)
    if let outside, let verdicts {
      let found = try outside.verdicts(of: answers, notes: &figures.notes)
      let judged = MonitorFigures.judged(answers, found, models)
      figures.verdicts = OutsideFigures(
        file: verdicts, answers: judged.answers, pairs: judged.pairs)
    }
    return figures
  }

  /// A monitor that learned from a prompt may know its answers by the prompt.
  private func noteSeenPrompts(_ asked: [ConceptSet.Row], _ notes: inout [String]) {
    guard case .concepts(let path) = monitor,
      let rows = try? ConceptSet(contentsOf: path, columns: columns).rows
    else { return }
    let known = Set(rows.map { Array($0.foldKey.utf8) })
    let seen = asked.count { known.contains(Array($0.foldKey.utf8)) }
    if seen > 0 {
      notes.append(
        "\(seen) of the \(asked.count) prompts are also in \(path): its monitor has seen them.")
    }
  }

  /// A row of one of the files.
  private struct Place: Hashable {
    let set: String
    let row: Int
  }

  /// A prompt, or a conversation up to the answer wanted, as the model reads it.
  private struct Question {
    let place: Place
    let row: ConceptSet.Row
    let ids: [Int32]
  }

  /// The prompts of a file, each once, those that leave no room for an answer left out.
  private func questions(
    _ set: String, _ path: String, _ language: LanguageModel, _ notes: inout [String]
  ) throws(Failure) -> [Question] {
    let file = try ConceptSet(
      contentsOf: path,
      columns: ConceptColumns(prompt: columns.prompt, messages: columns.messages),
      requiresConcepts: false)
    let rows = file.rows
    notes += file.fileNotes
    let renderer = try RowRenderer(
      language.tokenizer, template: template, maxTokens: language.configuration.context)
    let room = language.configuration.context - tokens
    var seen: Set<[UInt8]> = []
    var questions: [Question] = []
    var counts = (repeated: 0, long: 0, empty: 0)
    for (index, row) in rows.enumerated() where questions.count < limit ?? rows.count {
      guard !row.prompt.isEmpty || !row.turns.isEmpty else {
        counts.empty += 1
        continue
      }
      guard seen.insert(Array(row.foldKey.utf8)).inserted else {
        counts.repeated += 1
        continue
      }
      let ids = try renderer.renderForGeneration(row, of: path, at: file.places[index])
      guard !ids.isCut, ids.ids.count <= room else {
        counts.long += 1
        continue
      }
      questions.append(
        Question(place: Place(set: set, row: index), row: row, ids: ids.ids))
    }
    guard !questions.isEmpty else {
      throw Failure(
        .badData, file: path, found: "no prompt that leaves room for an answer",
        wanted: "prompts of at most \(room) tokens", advice: "Shorten them, or lower --tokens.")
    }
    for (count, what) in [
      (counts.repeated, "repeat a prompt; each prompt is answered once."),
      (counts.long, "hold prompts of more than \(room) tokens and were left out."),
      (counts.empty, "have no prompt and were left out."),
    ] where count > 0 {
      notes.append("\(count) row\(count == 1 ? "" : "s") of \(path) \(what)")
    }
    return questions
  }

  /// A digest of everything that decides the answers.
  private func recipe(_ language: LanguageModel) throws -> String {
    var parts = [
      tool, try language.sha256(),
      try adapter.map { folder throws(Failure) in try AdapterFile.sha256(of: folder) } ?? "base",
      try sha256(ofFile: harmful), try sha256(ofFile: safe), columns.prompt, template.rawValue,
      "\(tokens)", "\(limit ?? -1)",
    ]
    // Exact answers keep the digest they have always had.
    if language.precision != .exact { parts.append(language.precision.rawValue) }
    if columns.messages != .last { parts.append(columns.messages.rawValue) }
    if template == .chat {
      let record = try ChatRecord(language.tokenizer.chat)
      if let file = record.fileSHA256 { parts.append(file) }
      let arguments = record.arguments ?? [:]
      parts += arguments.keys.sorted().map { "\($0)=\(arguments[$0] ?? "")" }
      if let date = record.date { parts.append(date) }
    }
    let text = Array(parts.joined(separator: "\n").utf8)
    return String(try text.withUnsafeBytes { try sha256($0, of: output) }.prefix(16))
  }

  private func answer(
    _ questions: [Question], _ models: [String], _ language: LanguageModel, _ lora: Adapter?,
    _ recipe: String, into file: AnswerFile, _ context: JobContext
  ) throws {
    struct Key: Hashable {
      let model: String
      let place: Place
    }
    let total = questions.count * models.count
    let before = file.answers.count
    let started = ContinuousClock.now
    func report(_ tokens: Int) {
      let done = file.answers.count
      let elapsed = started.duration(to: .now)
      let rate = Double(tokens) / max(elapsed.seconds, 1e-9)
      // Time left is judged by this sitting's answers alone.
      context.report(
        JobProgress(
          completed: done, total: total, unit: "answers",
          elapsed: elapsed * (Double(done) / Double(max(1, done - before))),
          message: "\(Int(rate)) tokens/s"))
    }
    var known = Set(
      file.answers.map { Key(model: $0.model, place: Place(set: $0.set, row: $0.row)) })
    var tokensBefore = 0
    for model in models {
      let open = questions.filter {
        known.insert(Key(model: model, place: $0.place)).inserted
      }
      let decoder = BatchDecoder(
        model: language, adapter: model == "tuned" ? lora : nil, tokens: tokens, width: width)
      let stops = language.stopTokens
      var made = 0
      try decoder.run(
        open.map(\.ids), checkpoint: context.checkpoint,
        onStep: { tokens in
          made = tokens
          report(tokensBefore + tokens)
        },
        onAnswer: { index, ids in
          let question = open[index]
          let ended = ids.last.map(stops.contains) ?? false
          try file.append(
            Answer(
              recipe: recipe, set: question.place.set, row: question.place.row, model: model,
              prompt: question.row.prompt,
              messages: question.row.turns.isEmpty
                ? nil
                : question.row.turns.map {
                  Answer.Message(role: $0.role.rawValue, content: $0.content)
                },
              answer: language.tokenizer.decode(ended ? ids.dropLast() : ids[...]),
              tokens: ids.count, ended: ended))
        })
      tokensBefore += made
    }
  }
}
