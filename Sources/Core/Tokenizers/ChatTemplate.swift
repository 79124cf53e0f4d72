import SeerSupport
import SeerTemplates

/// How a model writes conversations: its own template, which is run (``Template``).
///
///     let chat = tokenizer.chat
///     chat.family                                        // .chatml
///     try chat.text([ChatMessage(.user, "Hi")])          // "<|im_start|>system\nYou are..."
package struct ChatTemplate: Sendable {
  package let family: Family
  private let template: Result<Template, Failure>
  /// The one for conversations with tools, where the model has two.
  private let toolTemplate: Result<Template, Failure>?
  private let variables: [String: String]
  private let options: ChatOptions

  /// - Parameters:
  ///   - text: the template, Jinja, or the user's JSON (``ChatTemplateForm``); nil or blank is none.
  ///   - tools: the template for conversations with tools, where that is another.
  ///   - tokens: special tokens by the names that templates know them by, such as `bos_token`.
  package init(
    _ text: String?, tools: String? = nil, tokens: [String: String] = [:],
    options: ChatOptions = ChatOptions()
  ) {
    family = Family(of: text)
    template = Self.template(text)
    toolTemplate = tools.map(Self.template)
    variables = tokens
    self.options = options
  }

  private static func template(_ text: String?) -> Result<Template, Failure> {
    guard let text, Family(of: text) != .none else {
      return .failure(
        Failure(
          .badData, place: "chat template", found: "none in the model",
          wanted: "one, to write conversations by",
          advice: "Use --template plain, or give one with --template-file."))
    }
    return Result { () throws(Failure) in
      if let form = try ChatTemplateForm(text) { return try Template(form.jinja) }
      return try Template(text)
    }
  }

  /// Fails where there is no template, or one that cannot be read or does not read the conversation.
  package func check() throws(Failure) {
    guard try template.get().speaks(of: "messages") else {
      throw Failure(
        .badData, place: "chat template", found: "a text that does not look at `messages`",
        wanted: "a Jinja template of conversations, or turns as JSON",
        advice: "It would write the same for every conversation.")
    }
  }

  /// The user's file, where the template is not the model's own.
  var file: String? { options.file }

  /// The user's arguments that can change the text, as JSON; nil where there are none.
  package var recordedArguments: [String: String]? {
    var recorded: [String: String] = [:]
    for argument in options.arguments where speaks(of: argument.name) {
      recorded[argument.name] = argument.json.written
    }
    return recorded.isEmpty ? nil : recorded
  }

  /// The user's date, where it can change the text.
  package var recordedDate: String? {
    speaks(of: "strftime_now") ? options.date?.description : nil
  }

  private func speaks(of name: String) -> Bool {
    (try? template.get().speaks(of: name)) ?? false
      || (try? toolTemplate?.get().speaks(of: name)) ?? false
  }

  /// The conversation as the template writes it.
  ///
  /// - Parameter generationHeader: adds the opening of the assistant's turn.
  package func text(
    _ messages: [ChatMessage], generationHeader: Bool = false
  ) throws(Failure) -> String {
    guard !messages.isEmpty else {
      throw Failure(
        .badData, place: "chat template", found: "a conversation without messages",
        wanted: "one or more")
    }
    var values = variables.mapValues { TemplateValue.string($0) }
    values["tools"] = .null
    values["documents"] = .null
    var hasTools = false
    for argument in options.arguments {
      values[argument.name] = try TemplateValue(argument.json)
      if argument.name == "tools" { hasTools = !argument.json.isNull }
    }
    var list: [TemplateValue] = []
    for message in messages { list.append(try message.templateValue()) }
    values["messages"] = .list(list)
    values["add_generation_prompt"] = .bool(generationHeader)
    let template = hasTools ? toolTemplate ?? template : template
    do throws(Failure) {
      return try template.get().render(values, date: options.date ?? .usual)
    } catch {
      var failure = error
      failure.file = failure.file ?? options.file
      throw failure
    }
  }
}

extension ChatMessage {
  /// The message as templates see it: members that are null are left out, and reasoning has the
  /// names that templates look for it by.
  func templateValue() throws(Failure) -> TemplateValue {
    var members: [(name: String, value: TemplateValue)] = [("role", .string(role.rawValue))]
    if !fields.contains(where: { $0.name == "content" }) {
      members.append(("content", .string(content)))
    }
    for field in fields {
      let json = try JSON(text: Array(field.json.utf8))
      if !json.isNull { members.append((field.name, try TemplateValue(json))) }
    }
    var message = TemplateValue.Dictionary()
    let reasoning = ["reasoning_content", "thinking", "reasoning"].lazy.compactMap { name in
      members.first { $0.name == name }?.value
    }.first
    if let reasoning { message["thinking"] = reasoning }
    for (name, value) in members { message[name] = value }
    if let reasoning { message["reasoning_content"] = reasoning }
    return .dictionary(message)
  }
}
