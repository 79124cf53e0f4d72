import SeerSupport

/// Makes rows of a concept set from the records of a file.
///
/// A record is, in this order:
/// - a row of prompt and response, where it has a response;
/// - two rows, where it has `chosen` and `rejected`: of the concepts `chosen` and `rejected` where it
///   has no other;
/// - the rows of a conversation, where it has `messages`, `conversations` or `conversation`;
/// - a row of a prompt alone.
///
/// Prompt, response, `chosen` and `rejected` are texts or lists of messages. A list or an object
/// anywhere else is refused.
struct ConceptRows {
  private let columns: ConceptColumns
  private let allowsStandardNames: Bool
  /// The columns to read.
  private(set) var wanted: [String] = []
  /// The cells of each column: by the name given and, where that is allowed, by the usual one.
  private var prompt: [Int] = []
  private var response: [Int] = []
  private var value: [Int] = []
  private var split: [Int] = []
  private var conversations: [Int] = []
  private var pair: (chosen: Int, rejected: Int)?

  init(_ columns: ConceptColumns, allowsStandardNames: Bool) throws(Failure) {
    try columns.check()
    self.columns = columns
    self.allowsStandardNames = allowsStandardNames
    var slots = columns.named.map { [add($0.name)] }
    if allowsStandardNames {
      for (index, column) in columns.named.enumerated() where !isTaken(column.standard) {
        slots[index].append(add(column.standard))
      }
    }
    (prompt, response, value, split) = (slots[0], slots[1], slots[2], slots[3])
    for name in ["messages", "conversations", "conversation"] where !isTaken(name) {
      conversations.append(add(name))
    }
    if !isTaken("chosen"), !isTaken("rejected") { pair = (add("chosen"), add("rejected")) }
  }

  private func isTaken(_ name: String) -> Bool {
    wanted.contains { $0.utf8.elementsEqual(name.utf8) }
  }

  private mutating func add(_ name: String) -> Int {
    wanted.append(name)
    return wanted.count - 1
  }

  // MARK: Columns

  /// Fails where a column that was named is not among those found, or none that has texts or, where
  /// it is required, concepts.
  func check(
    _ found: RecordColumns, file: String, place: String, requiresConcepts: Bool
  ) throws(Failure) {
    for (slots, column) in zip([prompt, response, value, split], columns.named)
    where !allowsStandardNames && !column.name.utf8.elementsEqual(column.standard.utf8) {
      guard slots.contains(where: { found.isFound[$0] }) else {
        throw missing(column.name, found, file, place, option: column.option, isNamed: true)
      }
    }
    guard hasTexts(found) else {
      throw missing(columns.prompt, found, file, place, option: "--prompt-column")
    }
    guard !requiresConcepts || hasConcepts(found) else {
      throw missing(columns.value, found, file, place, option: "--value-column")
    }
  }

  private func hasPair(_ found: RecordColumns) -> Bool {
    pair.map { found.isFound[$0.chosen] && found.isFound[$0.rejected] } ?? false
  }

  private func hasTexts(_ found: RecordColumns) -> Bool {
    (prompt + conversations).contains { found.isFound[$0] } || hasPair(found)
  }

  private func hasConcepts(_ found: RecordColumns) -> Bool {
    value.contains { found.isFound[$0] } || hasPair(found)
  }

  /// Names that such columns often have.
  private static let usual = [
    "--prompt-column": [
      "text", "question", "instruction", "input", "query", "sentence", "content", "goal",
    ],
    "--value-column": ["label", "labels", "class", "category", "concept", "target", "topic"],
  ]

  private func missing(
    _ column: String, _ found: RecordColumns, _ file: String, _ place: String, option: String,
    isNamed: Bool = false
  ) -> Failure {
    func folded(_ name: String) -> String { name.lowercased().filter { $0 != " " } }
    let similar =
      found.names.first { folded($0) == folded(column) }
      ?? (Self.usual[option] ?? []).lazy.compactMap { usual in
        found.names.first { folded($0) == usual }
      }.first
    // A header is missing, or something stands before it.
    let isComment = place == "header" && found.names.first?.hasPrefix("#") == true
    let example = similar.map { ", such as \(option) \($0.contains(" ") ? "\"\($0)\"" : $0)" } ?? ""
    return Failure(
      .badData, file: file, place: place, found: RecordReader.described(found.names),
      wanted: "a column `\(column)`" + (isNamed ? ", as \(option) says" : ""),
      advice: isComment
        ? "The first line reads like a comment: delete it."
        : isNamed
          ? "Give the name of one of the file's columns\(example)."
          : "Name the column with \(option)\(example)."
            + (place == "header" && similar == nil && !hasTexts(found)
              ? " The first line must name the columns." : ""))
  }

  /// What the file has that reads like a part of its rows and was not read.
  func notes(_ found: RecordColumns, file: String) -> [String] {
    func first(_ usual: [String]) -> String? {
      found.names.first { usual.contains($0.lowercased()) && !isTaken($0) }
    }
    let hasConversations = conversations.contains { found.isFound[$0] }
    if hasConversations, let column = first(["system", "system_prompt", "tools"]) {
      return [
        "\(file): the column `\(column)` was not read; what it says to the model must be a message "
          + "of the conversation."
      ]
    }
    guard !hasConversations, !response.contains(where: { found.isFound[$0] }), !hasPair(found),
      let column = first(["completion", "answer", "output", "reply", "solution"])
    else { return [] }
    return [
      "\(file): the column `\(column)` was not read; --response-column \(column) takes it for the "
        + "responses."
    ]
  }

  // MARK: Rows

  /// The rows of a record; fails, naming line and column, where it is none.
  func rows(
    _ record: Record, _ found: RecordColumns, requiresConcepts: Bool
  ) throws(Failure) -> [ConceptSet.Row] {
    var row = ConceptSet.Row(prompt: "")
    row.concept = try text(value, record, found)
    row.split = try side(record, found)
    let rows = try texts(record, found, row)
    for index in rows.indices {
      guard !rows[index].prompt.isEmpty || rows[index].response != nil || !rows[index].turns.isEmpty
      else {
        guard hasTexts(found) else {
          throw missing(
            columns.prompt, found, record.file, "\(record.place)", option: "--prompt-column")
        }
        throw record.failure(
          column: nil, "a row without text", "a `\(columns.prompt)`",
          "Write one, or delete the row.")
      }
      guard rows[index].concept != nil || !requiresConcepts else {
        guard hasConcepts(found) else {
          throw missing(
            columns.value, found, record.file, "\(record.place)", option: "--value-column")
        }
        throw record.failure(
          column: nil, "an empty `\(columns.value)`", "the row's concept",
          "Write one, or delete the row.")
      }
    }
    return rows
  }

  /// The texts of a record, each in a copy of the row that has what they have in common.
  private func texts(
    _ record: Record, _ found: RecordColumns, _ row: ConceptSet.Row
  ) throws(Failure) -> [ConceptSet.Row] {
    let prompt = cell(prompt, record, found)
    let response = cell(response, record, found)
    if response.cell.isFilled {
      if let text = response.cell.text, let question = prompt.cell.text {
        return [row.with(prompt: question, response: text)]
      }
      let answer = try messages(response, .assistant, record)
      return try conversation(try whole(prompt, answer, response.slot, record), row, record)
    }
    if let pair, record.cell(pair.chosen).isFilled, record.cell(pair.rejected).isFilled {
      var rows: [ConceptSet.Row] = []
      for (slot, name) in [(pair.chosen, "chosen"), (pair.rejected, "rejected")] {
        let answer = try messages((record.cell(slot), slot), .assistant, record)
        guard answer.count > 1 || prompt.cell.isFilled else {
          throw record.failure(
            column: name, "an answer without its prompt",
            "a `\(columns.prompt)`, or a conversation",
            "Name the column of the prompts with --prompt-column.")
        }
        var own = row
        own.concept = row.concept ?? name
        rows += try conversation(try whole(prompt, answer, slot, record), own, record, .last)
      }
      return rows
    }
    if let slot = conversations.first(where: { record.cell($0).isFilled }) {
      guard case .nested = record.cell(slot) else {
        throw record.failure(
          column: wanted[slot], "text", "a list of messages",
          "Write the file as JSON Lines: CSV holds no lists.")
      }
      return try conversation(try messages((record.cell(slot), slot), .user, record), row, record)
    }
    if case .nested = prompt.cell {
      return try conversation(try messages(prompt, .user, record), row, record)
    }
    return [row.with(prompt: prompt.cell.text ?? "", response: nil)]
  }

  private typealias Place = (cell: Cell, slot: Int)

  private func cell(_ slots: [Int], _ record: Record, _ found: RecordColumns) -> Place {
    let slot = slots.first { found.isFound[$0] } ?? slots[0]
    return (record.cell(slot), slot)
  }

  /// The text of a cell that can be nothing else; nil where it is empty.
  private func text(
    _ slots: [Int], _ record: Record, _ found: RecordColumns
  ) throws(Failure) -> String? {
    let (cell, slot) = cell(slots, record, found)
    guard case .nested = cell else { return cell.isFilled ? cell.text : nil }
    throw record.failure(
      column: wanted[slot], "a list or an object", "one text",
      "Write the row once for each value, or name another column.")
  }

  private func side(
    _ record: Record, _ found: RecordColumns
  ) throws(Failure) -> ConceptSet.Side? {
    guard split.contains(where: { found.isFound[$0] }) else { return nil }
    let text = try text(split, record, found) ?? ""
    guard let side = ConceptSet.Side(rawValue: text) else {
      throw Self.wrongSplit(text, record.file, "\(record.place)")
    }
    return side
  }

  static func wrongSplit(_ text: String, _ file: String, _ place: String) -> Failure {
    Failure(
      .badData, file: file, place: place, found: "the split `\(text)`", wanted: "`train` or `test`",
      advice: "Write one of them in every row, or leave the column out.")
  }

  // MARK: Conversations

  private func messages(
    _ place: Place, _ role: ChatMessage.Role, _ record: Record
  ) throws(Failure) -> [ChatMessage] {
    switch place.cell {
    case .missing: return []
    case .text(let text), .number(let text):
      return text.isEmpty ? [] : [ChatMessage(role, text)]
    case .nested(let range): return try record.messages(range, column: wanted[place.slot])
    }
  }

  /// A prompt and what follows it; an answer that is the whole conversation has its prompt already.
  private func whole(
    _ prompt: Place, _ answer: [ChatMessage], _ slot: Int, _ record: Record
  ) throws(Failure) -> [ChatMessage] {
    let before = try messages(prompt, .user, record)
    guard let first = answer.first, first.role != .assistant, !before.isEmpty else {
      return before + answer
    }
    let isText = prompt.cell.text != nil
    guard answer.starts(with: before) || (isText && answer.contains(before[0])) else {
      throw record.failure(
        column: wanted[slot],
        "a conversation that does not have the row's `\(columns.prompt)` in it",
        "an answer, or the conversation of that prompt",
        "Name the column of the prompts with --prompt-column.")
    }
    return answer
  }

  private func conversation(
    _ messages: [ChatMessage], _ row: ConceptSet.Row, _ record: Record,
    _ choice: AnswerChoice? = nil
  ) throws(Failure) -> [ConceptSet.Row] {
    let answers = messages.indices.filter { messages[$0].role == .assistant }
    let chosen: [Int?]
    switch choice ?? columns.messages {
    case .last: chosen = [answers.last == messages.count - 1 ? answers.last : nil]
    case .all: chosen = answers.isEmpty ? [nil] : answers
    }
    return try chosen.map { answer throws(Failure) in
      let turns = Array(messages[..<(answer ?? messages.count)])
      let response = answer.map { messages[$0].content }
      let asked = turns.last { $0.role == .user }?.content
      guard asked != nil || response != nil else {
        throw record.failure(
          column: nil, "a conversation without a message of the user", "one",
          "Delete the row, or give it one.")
      }
      var row = row.with(prompt: asked ?? "", response: response)
      // A prompt with its answer is a plain row, however it is written.
      row.turns = turns.count == 1 && turns[0].role == .user ? [] : turns
      return row
    }
  }
}

extension ConceptSet.Row {
  fileprivate func with(prompt: String, response: String?) -> ConceptSet.Row {
    var row = self
    row.prompt = prompt
    row.response = response.flatMap { $0.isEmpty ? nil : $0 }
    return row
  }
}

extension Cell {
  /// Whether there is a value, and no empty text.
  fileprivate var isFilled: Bool {
    switch self {
    case .missing: false
    case .text(let text), .number(let text): !text.isEmpty
    case .nested: true
    }
  }

  /// The text of a cell that is no list; empty where it is missing.
  fileprivate var text: String? {
    switch self {
    case .missing: ""
    case .text(let text), .number(let text): text
    case .nested: nil
    }
  }
}

extension Record {
  fileprivate func cell(_ slot: Int) -> Cell { slot < cells.count ? cells[slot] : .missing }
}
