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
  private let chatTemplate: ChatTemplate

  /// Fails where the model's chat template is wanted and cannot be rendered, or `maxTokens` is
  /// below 1.
  package init(
    _ tokenizer: Tokenizer, template: RowTemplate, maxTokens: Int
  ) throws(Failure) {
    guard maxTokens > 0 else {
      throw Failure(.usage, place: "--max-tokens", found: "\(maxTokens)", wanted: "1 or more")
    }
    self.tokenizer = tokenizer
    self.template = template
    self.maxTokens = maxTokens
    chatTemplate = ChatTemplate(tokenizer)
    // An empty conversation renders to nothing but tells whether the family can be rendered.
    if template == .chat { _ = try chatTemplate.render([]) }
  }

  /// The row's first `maxTokens` tokens; an empty response is none. Fails where no token is left.
  package func render(prompt: String, response: String? = nil) throws(Failure) -> RenderedRow {
    let response = response ?? ""
    switch template {
    case .chat:
      let messages = [ChatMessage(.user, prompt), ChatMessage(.assistant, response)]
      return try chatRow(response.isEmpty ? Array(messages.prefix(1)) : messages)
    case .plain:
      return try plainRow(prompt, response)
    }
  }

  /// The bare prompt as the model is asked to go on from it: in a chat with the opening of the
  /// assistant's turn, whose last token is ``RenderedRow/last``.
  package func renderForGeneration(prompt: String) throws(Failure) -> RenderedRow {
    switch template {
    case .chat: try chatRow([ChatMessage(.user, prompt)], generationHeader: true)
    case .plain: try plainRow(prompt, "")
    }
  }

  func plainRow(_ prompt: String, _ response: String) throws(Failure) -> RenderedRow {
    let text = response.isEmpty ? prompt : prompt + "\n" + response
    let promptBytes = 0..<prompt.utf8.count
    let responseBytes = text.utf8.count - response.utf8.count..<text.utf8.count
    let encoding = tokenizer.encoding(of: text)
    let promptTokens = encoding.tokens(overlapping: promptBytes)
    return try row(
      encoding, promptTokens, encoding.tokens(overlapping: responseBytes),
      last: encoding.ids.count - 1, promptEnd: max(0, promptTokens.upperBound - 1))
  }

  func chatRow(
    _ messages: [ChatMessage], generationHeader: Bool = false
  ) throws(Failure) -> RenderedRow {
    let chat = try chatTemplate.render(messages, generationHeader: generationHeader)
    // The template writes the beginning-of-text token itself where the model wants one.
    let encoding = tokenizer.encoding(of: chat.text, addSpecial: false)
    var tokens: [ChatMessage.Role: Range<Int>] = [:]
    var ends: [Int] = []
    var promptEnd: Int?
    for turn in chat.turns {
      tokens[turn.role] = encoding.tokens(overlapping: turn.content)
      ends.append(encoding.tokens(overlapping: turn.endOfTurn).upperBound - 1)
      if turn.role == .user { promptEnd = ends.last }
    }
    // What an assistant said before the last message is no response.
    if chat.turns.last?.role != .assistant { tokens[.assistant] = nil }
    let final = encoding.ids.count - 1
    return try row(
      encoding, tokens[.user] ?? 0..<0, tokens[.assistant] ?? 0..<0,
      last: generationHeader ? final : ends.last ?? final,
      promptEnd: promptEnd ?? ends.first ?? final)
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
