import SeerSupport

/// Which answers of a conversation become rows.
package enum AnswerChoice: String, NamedChoice {
  /// The last one, after all that was said before.
  case last = "last-answer"
  /// Every one, each after all that was said before it.
  case all = "all-answers"
}

/// Which columns of a file hold what a concept set needs, where they have other names, and which
/// answers of its conversations are read.
package struct ConceptColumns: Equatable, Sendable, Codable {
  package var prompt: String
  package var response: String
  package var value: String
  package var split: String
  package var messages: AnswerChoice

  package init(
    prompt: String = "prompt", response: String = "response", value: String = "value",
    split: String = "split", messages: AnswerChoice = .last
  ) {
    self.prompt = prompt
    self.response = response
    self.value = value
    self.split = split
    self.messages = messages
  }

  /// The columns that a recipe keeps (``recipe``).
  package init(recipe: [String: String]?) {
    self.init()
    prompt = recipe?["prompt"] ?? prompt
    response = recipe?["response"] ?? response
    value = recipe?["value"] ?? value
    split = recipe?["split"] ?? split
    messages = recipe?["messages"].flatMap(AnswerChoice.init) ?? messages
  }

  /// Every column with the option that names it and the name it has otherwise.
  var named: [(name: String, option: String, standard: String)] {
    let standard = ConceptColumns()
    return [
      (prompt, "--prompt-column", standard.prompt),
      (response, "--response-column", standard.response),
      (value, "--value-column", standard.value), (split, "--split-column", standard.split),
    ]
  }

  /// What of it is not as usual, by the keys of a recipe; nil where all is.
  package var recipe: [String: String]? {
    let standard = ConceptColumns()
    var changed: [String: String] = [:]
    if prompt != standard.prompt { changed["prompt"] = prompt }
    if response != standard.response { changed["response"] = response }
    if value != standard.value { changed["value"] = value }
    if split != standard.split { changed["split"] = split }
    if messages != standard.messages { changed["messages"] = messages.rawValue }
    return changed.isEmpty ? nil : changed
  }

  /// Fails where two options name one column.
  func check() throws(Failure) {
    for (index, column) in named.enumerated() {
      let first = named.firstIndex { $0.name.utf8.elementsEqual(column.name.utf8) } ?? index
      guard first == index else {
        throw Failure(
          .usage, place: column.option,
          found: "`\(column.name)`, which is \(named[first].option)'s",
          wanted: "a column of its own")
      }
    }
  }
}
