import SeerMonitor

/// Says what a model thinks of while it reads a text: every token's score for every concept of a
/// run, as `seer score` gives them.
///
///     let scorer = try ConceptScorer(model: "smollm2", run: "words", layer: 24)
///     for token in try scorer.score("He was beaten badly.") {
///       print(token.text, token.top ?? "unknown")
///     }
public struct ConceptScorer {
  /// A token of the text with its scores.
  public struct Token: Equatable, Sendable {
    /// Its number in the model's vocabulary.
    public let id: Int32
    /// The characters that it completes; joined, the tokens are the whole text.
    public let text: String
    /// A calibrated probability for each of ``ConceptScorer/concepts``; they sum to 1.
    public let scores: [Float]
    /// The concept with the largest score; nil where the state is far from every concept.
    public let top: String?
  }

  /// The run's concepts, sorted by their bytes.
  public let concepts: [String]
  /// What a reader of the scores should know: sentences.
  public let notes: [String]
  private let scorer: Scorer

  /// Opens the model and makes the run's monitor.
  ///
  /// - Parameters:
  ///   - model: a GGUF file, a Hugging Face folder, or the name of a cached model.
  ///   - adapter: the PEFT adapter folder that the run was made with; nil where without one.
  ///   - run: a run folder of this model; runs of ``HiddenStates/TokenPosition/mean`` describe words
  ///     best.
  ///   - layer: one of the run's.
  ///   - template: how a prompt is written for the model.
  /// - Throws: an error whose description names the file, what was found and what was wanted.
  public init(
    model: String, adapter: String? = nil, run: String, layer: Int,
    template: HiddenStates.Template = .chat
  ) throws {
    scorer = try Scorer(
      model: model, adapter: adapter, run: run, layer: layer,
      template: template == .chat ? .chat : .plain)
    concepts = scorer.monitor.concepts
    notes = scorer.notes
  }

  /// Scores every token of a prompt, the template's own among them. The calling thread waits.
  public func score(_ text: String) throws -> [Token] {
    var scored: ScoredText?
    try scorer.score([ScoringInput(prompt: text)]) { _, result in scored = try result.get() }
    return (scored?.tokens ?? []).map { token in
      Token(
        id: token.id, text: token.text, scores: token.scores.scores,
        top: token.scores.isUnknown ? nil : concepts[token.scores.best])
    }
  }
}
