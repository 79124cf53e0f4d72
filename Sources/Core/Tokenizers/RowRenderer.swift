import SeerSupport

/// How a row's prompt and response become one text.
package enum RowTemplate: String, NamedChoice {
  /// The model's own chat template.
  case chat
  /// Prompt, newline, response; or the prompt alone.
  case plain
}

/// A row as the model reads it, with the tokens that can speak for it.
package struct RenderedRow: Equatable, Sendable {
  package internal(set) var ids: [Int32]
  /// The tokens of the prompt's own text; empty for an empty prompt.
  package internal(set) var promptTokens: Range<Int>
  /// The tokens of the response's own text; empty where there is none.
  package internal(set) var responseTokens: Range<Int>
  /// The token that speaks for the whole row: in a chat the last turn's end-of-turn token, in
  /// plain text the last one; where the row was cut, the last one kept.
  package internal(set) var last: Int
  /// The token that speaks for the prompt: in a chat the user turn's end-of-turn token, in plain
  /// text the prompt's last one; where the row was cut before it, the last one kept.
  package internal(set) var promptEnd: Int
  /// Whether tokens beyond the limit were dropped.
  package internal(set) var isCut: Bool

  /// The tokens that the position `mean` averages: the response's; the prompt's where none of
  /// those are there; else the last.
  package var meanTokens: Range<Int> {
    if !responseTokens.isEmpty { return responseTokens }
    return promptTokens.isEmpty ? last..<last + 1 : promptTokens
  }

  /// The row's first `count` tokens, at least one and at most all.
  package func prefix(_ count: Int) -> RenderedRow {
    let count = max(1, min(count, ids.count))
    var row = self
    row.ids = Array(ids.prefix(count))
    row.promptTokens = promptTokens.clamped(to: 0..<count)
    row.responseTokens = responseTokens.clamped(to: 0..<count)
    row.last = min(last, count - 1)
    row.promptEnd = min(promptEnd, count - 1)
    row.isCut = isCut || count < ids.count
    return row
  }
}

/// Turns rows into token ids by one template.
///
///     let renderer = try RowRenderer(tokenizer, template: .chat, maxTokens: 512)
///     let row = try renderer.render(prompt: "What is honesty?", response: "Telling the truth.")
///     tokenizer.token(row.ids[row.last])  // "<|im_end|>"
package struct RowRenderer: Sendable {
  package let tokenizer: Tokenizer
  package let template: RowTemplate
  package let maxTokens: Int
  private let marks: TurnMarks

  /// Fails where the model's chat template is wanted and cannot be run, or `maxTokens` is below 1.
  package init(
    _ tokenizer: Tokenizer, template: RowTemplate, maxTokens: Int
  ) throws(Failure) {
    guard maxTokens > 0 else {
      throw Failure(.usage, place: "--max-tokens", found: "\(maxTokens)", wanted: "1 or more")
    }
    self.tokenizer = tokenizer
    self.template = template
    self.maxTokens = maxTokens
    marks = TurnMarks(tokenizer)
    if template == .chat { try tokenizer.chat.check() }
  }

  /// The row's first `maxTokens` tokens; an empty response is none. Fails where no token is left.
  package func render(prompt: String, response: String? = nil) throws(Failure) -> RenderedRow {
    let response = response ?? ""
    let messages = [ChatMessage(.user, prompt), ChatMessage(.assistant, response)]
    return try render(turns: response.isEmpty ? Array(messages.prefix(1)) : messages)
  }

  /// The same of a whole conversation. Where it ends with the assistant's message, that is the
  /// response; the message before it, or the last one, is the prompt. In plain text messages stand
  /// on lines of their own.
  package func render(turns: [ChatMessage]) throws(Failure) -> RenderedRow {
    switch template {
    case .chat: try chatRow(turns)
    case .plain: try plainRow(turns)
    }
  }

  /// The bare prompt as the model is asked to go on from it: in a chat with the opening of the
  /// assistant's turn, whose last token is ``RenderedRow/last``.
  package func renderForGeneration(prompt: String) throws(Failure) -> RenderedRow {
    try renderForGeneration(turns: [ChatMessage(.user, prompt)])
  }

  /// The same of a whole conversation.
  package func renderForGeneration(turns: [ChatMessage]) throws(Failure) -> RenderedRow {
    switch template {
    case .chat: try chatRow(turns, generationHeader: true)
    case .plain: try plainRow(turns)
    }
  }

  /// The places of prompt and response among a conversation's messages.
  private func parts(
    _ turns: [ChatMessage], isAnswered: Bool
  ) -> (prompt: Int?, response: Int?) {
    guard isAnswered, turns.last?.role == .assistant else {
      return (turns.indices.last, nil)
    }
    return (turns.indices.dropLast().last, turns.indices.last)
  }

  private func plainRow(_ turns: [ChatMessage]) throws(Failure) -> RenderedRow {
    var text = ""
    var contents: [Range<Int>] = []
    for (index, message) in turns.enumerated() {
      if index > 0 { text += "\n" }
      let start = text.utf8.count
      text += message.content
      contents.append(start..<text.utf8.count)
    }
    let (prompt, response) = parts(turns, isAnswered: true)
    let encoding = tokenizer.encoding(of: text)
    func tokens(_ index: Int?) -> Range<Int> {
      index.map { encoding.tokens(overlapping: contents[$0]) } ?? 0..<0
    }
    let promptTokens = tokens(prompt)
    return try row(
      encoding, promptTokens, tokens(response), last: encoding.ids.count - 1,
      promptEnd: max(0, promptTokens.upperBound - 1))
  }

  private func chatRow(
    _ turns: [ChatMessage], generationHeader: Bool = false
  ) throws(Failure) -> RenderedRow {
    let text = try tokenizer.chat.text(turns, generationHeader: generationHeader)
    // The template writes the beginning-of-text token itself where the model wants one.
    let encoding = tokenizer.encoding(of: text, addSpecial: false)
    let chat = MarkedChat(
      turns: turns, generationHeader: generationHeader, text: text, encoding: encoding)
    let (prompt, response) = parts(turns, isAnswered: !generationHeader)
    var last = encoding.ids.count - 1
    var responseTokens = 0..<0
    if let response {
      let content = try content(of: response, in: chat)
      responseTokens = encoding.tokens(overlapping: content)
      last = try marks.end(of: response, content: content, in: chat)
    }
    var promptTokens = 0..<0
    var promptEnd = last
    if let prompt {
      let content = try content(of: prompt, in: chat)
      promptTokens = encoding.tokens(overlapping: content)
      promptEnd = try marks.end(of: prompt, content: content, in: chat)
      if response == nil, !generationHeader { last = promptEnd }
    }
    return try row(encoding, promptTokens, responseTokens, last: last, promptEnd: promptEnd)
  }

  private func content(of index: Int, in chat: MarkedChat) throws(Failure) -> Range<Int> {
    try tokenizer.chat.content(
      of: index, in: chat.turns, generationHeader: chat.generationHeader, text: chat.text)
  }

  private func row(
    _ encoding: Encoding, _ promptTokens: Range<Int>, _ responseTokens: Range<Int>, last: Int,
    promptEnd: Int
  ) throws(Failure) -> RenderedRow {
    guard !encoding.ids.isEmpty else {
      throw Failure(
        .badData, found: "a text without a single token", wanted: "a prompt with text in it")
    }
    return RenderedRow(
      ids: encoding.ids, promptTokens: promptTokens, responseTokens: responseTokens, last: last,
      promptEnd: promptEnd, isCut: false
    ).prefix(maxTokens)
  }
}
