import SeerApp
import SeerModels
import SeerMonitor
import SeerSupport
import SeerWidgets

/// What wrote the score of the token looked at, and what follows it: looked up in the background
/// once the text and the cursor rest.
package struct PromptReasonState: Sendable {
  /// What is asked about a token.
  package struct Question: Equatable, Sendable {
    /// Which reading of the text.
    package var reading: Int
    package var token: Int
    /// The side in front, which is answered first.
    package var side: Conversation.Side
    /// Nil where it makes no difference.
    package var concept: Int?
    /// Index among the state's layers; nil where it makes no difference.
    package var layer: Int?
  }

  /// One kind of question with its last answer.
  package struct Lookup<Answer: Sendable>: Sendable {
    /// Under way, with its number.
    package var asked: (number: Int, question: Question)?
    /// What ``answer`` is of; with no answer: what there is none of.
    package var question: Question?
    package var answer: Answer?

    func isOpen(_ wanted: Question?) -> Bool {
      wanted != nil && wanted != question && wanted != asked?.question
    }

    /// Takes over a result, where it is still waited for.
    ///
    /// - Returns: what is to be told of it.
    mutating func receive(
      _ number: Int, _ result: Result<Answer, Problem>, isWhole: Bool
    ) -> Problem? {
      guard let asked, asked.number == number else { return nil }
      if isWhole { self.asked = nil }
      switch result {
      case .success(let found): (question, answer) = (asked.question, found)
      case .failure(.cancelled): return nil
      case .failure(let problem):
        (question, answer) = (asked.question, nil)
        return problem
      }
      return nil
    }
  }

  package var why = Lookup<PromptWhy>()
  package var parts = Lookup<PartsByLayer>()
  package var lens = Lookup<PromptLens>()
  /// Counts what was asked.
  var number = 0
  /// The part chosen in the list, and whether it is shown at every layer.
  package var choice = 0
  package var showsLayers = false
  /// How often the same questions were open when time went on.
  var rest = 0
  var restOf: [Question] = []

  package init() {}

  var isBusy: Bool { why.asked != nil || parts.asked != nil || lens.asked != nil }

  /// Nothing that is under way is waited for any more.
  mutating func forget() {
    // One side without the other is no answer.
    if why.asked != nil { why.question = nil }
    why.asked = nil
    parts.asked = nil
    lens.asked = nil
  }
}

extension PromptState {
  /// The concept that is explained: the one of the grid, else the token's likeliest.
  var explained: Int? { filter ?? score(answerSide)?.best }

  /// Whether what was read is what is written, so that it can be asked about.
  private var isAtRest: Bool {
    status == .ready && !isAnswering && pending == nil && reading != nil && readText == wanted
  }

  private func question(concept: Int?, layer: Int?) -> PromptReasonState.Question? {
    guard isAtRest, let token = tokenIndex else { return nil }
    return PromptReasonState.Question(
      reading: readingNumber, token: token, side: answerSide, concept: concept, layer: layer)
  }

  var whyQuestion: PromptReasonState.Question? {
    guard let explained, calibrations[layerNumber] != nil else { return nil }
    return question(concept: explained, layer: layer)
  }
  var partsQuestion: PromptReasonState.Question? {
    guard let explained, prepared.count == layers.count, preparing == nil else { return nil }
    return question(concept: explained, layer: nil)
  }
  var lensQuestion: PromptReasonState.Question? { question(concept: nil, layer: nil) }

  /// What the panels that are shown still want to know.
  func openQuestions(_ size: Size) -> [PromptReasonState.Question] {
    var questions: [PromptReasonState.Question] = []
    if PromptLayout.shows(.why, self, size), let question = whyQuestion,
      reasons.why.isOpen(question)
    {
      questions.append(question)
    }
    if PromptLayout.shows(.lens, self, size), let question = lensQuestion,
      reasons.lens.isOpen(question)
    {
      questions.append(question)
    }
    return questions
  }

  /// What wrote the score, where it is of what is looked at; else what was said last, and that it
  /// is old.
  var why: (answer: PromptWhy, isCurrent: Bool)? {
    reasons.why.answer.map { ($0, reasons.why.question == whyQuestion) }
  }

  /// What each token gave to the score of the one looked at, as a share of the largest; by token.
  /// Nil where that is not shown or not known.
  func gifts(_ side: Conversation.Side, _ size: Size) -> [Float]? {
    guard PromptLayout.shows(.why, self, size), let (why, isCurrent) = why, isCurrent,
      let place = why.sides.firstIndex(of: side), why.explanations.indices.contains(place)
    else { return nil }
    let earlier = why.explanations[place].earlier
    let largest = earlier.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return nil }
    return earlier.map { Float($0 / largest) }
  }

  /// The parts of the list, strongest on the side in front first.
  var shownParts: [PartValue] {
    guard let first = reasons.why.answer?.explanations.first else { return [] }
    return first.strongest(Self.mostParts)
  }
  static let mostParts = 60

  var chosenPart: PartValue? {
    let parts = shownParts
    return parts.indices.contains(reasons.choice) ? parts[reasons.choice] : nil
  }
}
