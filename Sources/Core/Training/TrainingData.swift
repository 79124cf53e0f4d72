import LinearAlgebra
import SeerAnalysis
import SeerRuns
import SeerSupport
import SeerTokenizers

/// The rows of a training: which are trained on, which are held out, and what each step draws.
///
/// A step's rows are a function of seed and step alone, so a resumed training draws what an
/// undisturbed one would, with nothing to store.
package struct TrainingData: Sendable {
  /// One row in its three forms: prompt and response, prompt only, response only; and, for
  /// ``RowKind/requestsAndResponses``, the first with twice as many tokens.
  package struct Row: Sendable {
    package let forms: [RenderedRow]
    package let prompt: String
    package let response: String
    /// The messages before the response; empty for plain rows.
    package let turns: [ChatMessage]
    package let label: Int
    /// The row's index in the file.
    package let source: Int

    package init(
      forms: [RenderedRow], prompt: String, response: String, turns: [ChatMessage] = [], label: Int,
      source: Int
    ) {
      self.forms = forms
      self.prompt = prompt
      self.response = response
      self.turns = turns
      self.label = label
      self.source = source
    }
  }

  package let concepts: [String]
  package let rows: [Row]
  /// Indices into `rows`, by concept.
  package let train: [[Int]]
  package let heldOut: [Int]
  /// Indices into `concepts`: those whose rows a step draws, in turn.
  package let turns: [Int]
  package let retain: [[Int32]]
  let heldOutRetain: [[Int32]]
  package let notes: [String]
  private let seed: UInt64
  private let rowMix: [Double]
  private let positions: [Position]
  private let crop: Double
  private let recombine: Double
  private let renderer: RowRenderer
  private let longRenderer: RowRenderer
  private let kind: RowKind
  private let verdict: Verdict?
  private let padsResponses: Bool

  package init(
    concepts path: String, retain retainPath: String?,
    columns: ConceptColumns = ConceptColumns(), renderer: RowRenderer, preset: TrainingPreset,
    seed: UInt64
  ) throws(Failure) {
    let set = try ConceptSet(contentsOf: path, columns: columns)
    // Rows marked `test` are for judging afterwards.
    let usable = set.rows.indices.filter { set.rows[$0].split != .test }
    let names = set.concepts
    let labels = set.labels
    guard names.count >= 2 else {
      throw Failure(
        .badData, file: path, found: "one concept only (\(names.first ?? "none"))",
        wanted: "two or more: there is nothing to push apart",
        advice: "Add rows of another concept.")
    }
    kind = preset.objective.name.kind.rows
    // The published code pads requests and responses to as many tokens each, retain rows to both.
    longRenderer =
      kind == .requestsAndResponses
      ? try RowRenderer(
        renderer.tokenizer, template: renderer.template, maxTokens: 2 * renderer.maxTokens)
      : renderer
    var cut = 0
    var rows: [Row] = []
    for index in usable {
      let row = set.rows[index]
      let response = row.response ?? ""
      var asked = row
      asked.response = nil
      if asked.prompt.isEmpty, asked.turns.isEmpty { asked.prompt = response }
      var forms = [
        try renderer.render(row, of: path, at: set.places[index]), try renderer.render(asked),
        response.isEmpty ? try renderer.render(asked) : try renderer.render(prompt: response),
      ]
      if forms[0].isCut { cut += 1 }
      if kind == .requestsAndResponses {
        forms.append(try longRenderer.render(row, of: path, at: set.places[index]))
      }
      guard let label = labels[index] else {
        throw Failure(
          .badData, file: path, place: "row \(index)", found: "no concept", wanted: "a `value`")
      }
      rows.append(
        Row(
          forms: forms, prompt: row.prompt, response: response, turns: row.turns, label: label,
          source: index))
    }
    self.rows = rows
    self.concepts = names
    var (train, heldOut) = Self.split(
      rows, concepts: names.count, prompts: usable.map { set.rows[$0].foldKey },
      share: preset.heldOut, seed: seed)
    if preset.rowsPerConcept > 0 {
      train = train.enumerated().map { label, members in
        Self.sample(preset.rowsPerConcept, of: members, seed: seed &+ UInt64(label))
      }
    }
    for (label, members) in train.enumerated() where members.count < 2 {
      throw Failure(
        .badData, file: path, place: "concept `\(names[label])`",
        found: "\(members.count) row\(members.count == 1 ? "" : "s") to train on",
        wanted: "2 or more: a row needs a partner", advice: "Add rows of it, or leave it out.")
    }
    self.train = train
    self.heldOut = heldOut
    turns =
      kind == .harmful
      ? try Self.harmful(preset.objective.harmful, among: names, file: path)
      : Array(names.indices)
    verdict =
      kind == .verdicts ? try Verdict(concepts: names, file: path, renderer: renderer) : nil
    let (retain, retainNotes) = try Self.readRetain(retainPath, columns, longRenderer)
    // The last fifth is held out.
    let trained = retain.count - retain.count / 5
    self.retain = Array(retain.prefix(trained))
    heldOutRetain = Array(retain.suffix(retain.count - trained))
    if preset.retainBatch > 0, self.retain.isEmpty, preset.objective.needsRetainRows {
      throw Failure(
        .badData, file: retainPath, place: "--retain", found: "no retain rows",
        wanted: "general texts that keep the model able",
        advice: "Give a file with --retain, or --retain-batch 0 to train without.")
    }
    notes =
      set.notes + retainNotes + Self.heldOutNotes(heldOut.map { rows[$0].label }, names)
      + (cut > 0 ? ["\(cut) rows were cut at \(preset.maxTokens) tokens (--max-tokens)."] : [])
    self.seed = seed
    rowMix = preset.rowMix
    positions = preset.objective.positions
    crop = preset.crop
    recombine = preset.recombine
    padsResponses = preset.objective.klWeight != 0
    self.renderer = renderer
  }

  /// Some of the rows, in their order.
  private static func sample(_ count: Int, of members: [Int], seed: UInt64) -> [Int] {
    guard members.count > count else { return members }
    var generator = SeededGenerator(seed: seed &+ 0xCA9)
    return generator.permutation(members.count).prefix(count).sorted().map { members[$0] }
  }

  /// The concepts of those names; without names, all but `safe`.
  private static func harmful(
    _ names: [String], among concepts: [String], file: String
  ) throws(Failure) -> [Int] {
    let shown = concepts.prefix(8).joined(separator: ", ")
    if names.isEmpty {
      guard concepts.contains(Verdict.safe) else {
        throw Failure(
          .usage, place: "--harmful", found: "none, and no concept `\(Verdict.safe)` in \(file)",
          wanted: "the concepts to turn away, of \(shown)")
      }
      return concepts.indices.filter { concepts[$0] != Verdict.safe }
    }
    var found: [Int] = []
    for name in names {
      guard let index = concepts.firstIndex(where: { Array($0.utf8) == Array(name.utf8) }) else {
        throw Failure(
          .usage, place: "--harmful", found: "`\(name)`", wanted: "concepts of \(file): \(shown)")
      }
      if !found.contains(index) { found.append(index) }
    }
    return found
  }

  /// Says which held-out figures there cannot be.
  private static func heldOutNotes(_ labels: [Int], _ names: [String]) -> [String] {
    guard !labels.isEmpty else {
      return ["No row is held out, since all have one prompt: there are no held-out figures."]
    }
    var notes: [String] = []
    let missing = names.indices.filter { !labels.contains($0) }.map { "`\(names[$0])`" }
    if !missing.isEmpty {
      notes.append(
        "No held-out row has the concept \(missing.joined(separator: ", ")): held-out figures say "
          + "nothing of it.")
    }
    if Set(labels).count == labels.count {
      notes.append("No concept has two held-out rows: there is no cosine within a concept.")
    }
    return notes
  }

  private static func readRetain(
    _ path: String?, _ columns: ConceptColumns, _ renderer: RowRenderer
  ) throws(Failure) -> (ids: [[Int32]], notes: [String]) {
    guard let path else { return ([], []) }
    let set = try ConceptSet(
      contentsOf: path, columns: columns, requiresConcepts: false, allowsStandardNames: true)
    return (try renderer.render(set, of: path).map(\.ids), set.notes)
  }

  /// A share of the rows is held out, with all rows of one prompt on the same side.
  private static func split(
    _ rows: [Row], concepts: Int, prompts: [String], share: Double, seed: UInt64
  ) -> (train: [[Int]], heldOut: [Int]) {
    let folds = Folds(
      prompts: prompts, splits: prompts.map { _ in nil }, count: Int((1 / share).rounded()),
      seed: seed)
    let heldOut = Set(folds.folds.first?.test ?? [])
    var train = [[Int]](repeating: [], count: concepts)
    for (index, row) in rows.enumerated() where !heldOut.contains(index) {
      train[row.label].append(index)
    }
    return (train, heldOut.sorted())
  }

  /// The rows of a step: pairs, concepts in turn; each concept's rows come in a shuffled order,
  /// round after round.
  package func batch(step: Int, preset: TrainingPreset) throws(Failure) -> TrainingBatch {
    var mixer = SeededGenerator(seed: seed &+ 0x5EE2 &+ UInt64(step) &* 0x9E37_79B9)
    var batch = TrainingBatch(rows: [], labels: [], retain: [])
    let pairs = preset.batch / 2
    batch.progress = Double(step + 1) / Double(preset.steps)
    for pair in step * pairs..<(step + 1) * pairs {
      let label = turns[pair % turns.count]
      // A round is a shuffled order taken two by two; where the rows are odd in number, another
      // one sits out each round, so that a pair is always of two rows.
      let (round, place) = (pair / turns.count).quotientAndRemainder(
        dividingBy: train[label].count / 2)
      for draw in 0..<2 {
        let index = drawn(
          2 * place + draw, round: round, of: train[label], stream: UInt64(label))
        batch.rows.append(try drawnRow(rows[index], among: train[label], &mixer))
        batch.labels.append(label)
        if let verdict {
          let row = rows[index]
          batch.verdicts.append(
            try verdict.row(
              prompt: row.prompt, response: row.response, concept: concepts[label]))
        }
      }
    }
    for draw in step * preset.retainBatch..<(step + 1) * preset.retainBatch where !retain.isEmpty {
      let (round, place) = draw.quotientAndRemainder(dividingBy: retain.count)
      batch.retain.append(
        retain[drawn(place, round: round, of: Array(retain.indices), stream: 1 << 32)])
    }
    return batch
  }

  private func drawn(_ place: Int, round: Int, of members: [Int], stream: UInt64) -> Int {
    var generator = SeededGenerator(
      seed: seed &+ stream &* 0x1000_0001 &+ UInt64(round) &* 0x9E37_79B9)
    return members[generator.permutation(members.count)[place]]
  }

  /// A row as an objective is given it.
  private func drawnRow(
    _ row: Row, among members: [Int], _ mixer: inout SeededGenerator
  ) throws(Failure) -> TrainingRow {
    let form = form(&mixer)
    let isParted = kind == .requestsAndResponses
    var rendered = row.forms[isParted ? 3 : form]
    if let other = recombined(row, form: form, among: members, &mixer) {
      rendered = try longRenderer.render(other)
    }
    let shown = cropped(rendered, &mixer)
    return isParted
      ? parted(shown, form: form, source: row.source) : trainingRow(shown, source: row.source)
  }

  /// Request and response, each at most as long as the other may be; one of them alone in the forms 1
  /// and 2. The request ends where the prompt's turn does, the response before its turn's end.
  private func parted(_ row: RenderedRow, form: Int, source: Int) -> TrainingRow {
    let request = row.ids[...row.promptEnd]
    let end = row.responseTokens.isEmpty ? row.promptEnd + 1 : row.responseTokens.upperBound
    let response = row.ids[(row.promptEnd + 1)..<max(end, row.promptEnd + 1)]
    let hasRequest = form != 2 || response.isEmpty
    let hasResponse = form != 1
    let first = hasRequest ? Array(request.prefix(renderer.maxTokens)) : []
    let second = hasResponse ? Array(response.prefix(renderer.maxTokens)) : []
    return TrainingRow(ids: first + second, spans: [], request: first.count, source: source)
  }

  /// The most tokens that a step's row can have.
  package var longestRow: Int {
    func longest(_ forms: Range<Int>) -> Int {
      rows.reduce(1) { $1.forms[forms].reduce($0) { max($0, $1.ids.count) } }
    }
    let whole = longest(0..<3)
    if kind == .requestsAndResponses {
      // With "KL" every pad of the right side is there.
      return longest(3..<4) + (padsResponses ? renderer.maxTokens : 1)
    }
    guard recombine > 0 else { return whole }
    // Template and separator are in both parts.
    return max(whole, min(renderer.maxTokens, longest(1..<2) + longest(2..<3)))
  }

  /// The most tokens of a question whether a row is safe; 0 where none is put.
  package var longestVerdict: Int { verdict == nil ? 0 : renderer.maxTokens }

  /// A row in full, as held-out rows are judged.
  package func whole(_ row: Int) -> TrainingRow {
    trainingRow(rows[row].forms[0], source: rows[row].source)
  }

  private func trainingRow(_ row: RenderedRow, source: Int) -> TrainingRow {
    TrainingRow(ids: row.ids, spans: positions.map { $0.spans(of: row)[0] }, source: source)
  }

  /// The row without a share of its end, drawn from 0 to ``TrainingPreset/crop`` of the tokens that
  /// ``RenderedRow/meanTokens`` counts: the state at the end must tell the concept wherever the text
  /// breaks off.
  private func cropped(_ row: RenderedRow, _ generator: inout SeededGenerator) -> RenderedRow {
    guard crop > 0 else { return row }
    let left = crop * Double(generator.uniform()) * Double(row.meanTokens.count)
    return left < 1 ? row : row.prefix(row.meanTokens.upperBound - Int(left))
  }

  /// Of prompt and response, sometimes the prompt of another row of its concept.
  private func recombined(
    _ row: Row, form: Int, among members: [Int], _ generator: inout SeededGenerator
  ) -> ConceptSet.Row? {
    guard recombine > 0, form == 0, Double(generator.uniform()) < recombine else { return nil }
    let other = rows[members[Int(generator.next() % UInt64(members.count))]]
    return row.response.isEmpty || other.response.isEmpty
      ? nil : ConceptSet.Row(prompt: other.prompt, response: row.response, turns: other.turns)
  }

  private func form(_ generator: inout SeededGenerator) -> Int {
    var left = Double(generator.uniform()) * rowMix.reduce(0, +)
    for (form, share) in rowMix.enumerated() {
      left -= share
      if left < 0 { return form }
    }
    return 0
  }
}
