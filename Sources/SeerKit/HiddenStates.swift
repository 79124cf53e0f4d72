import LinearAlgebra
import SeerModels
import SeerRuns
import SeerSupport
import SeerTokenizers

/// The hidden states of one model over a concept set: a run folder, opened and mapped.
///
///     let states = try HiddenStates(contentsOf: "samples/run-base")
///     states.layers                     // [0, 1, ... 30]
///     try states.matrix(layer: 24).rows // as many as states.rows
///
/// A run that `seer extract` wrote opens here, and the other way round.
public struct HiddenStates: Sendable {
  /// One row of a run: a text, or a token of one where each token is a row of its own.
  public struct Row: Equatable, Sendable {
    /// The row of the concept file, from 0.
    public let row: Int
    /// The prompt, and after a newline the response where there is one.
    public let text: String
    /// The row's label; empty where the concept file gives none.
    public let concept: String
    /// The token's text, where each token is a row of its own.
    public let token: String?
  }

  /// How a prompt and a response become one text.
  public enum Template: Sendable {
    /// The model's own chat template.
    case chat
    /// Prompt, newline, response; or the prompt alone.
    case plain
  }

  /// Which tokens speak for a row.
  public enum TokenPosition: Sendable {
    /// The last token; in a chat the answer's end-of-turn token.
    case last
    /// The prompt's last token; in a chat the user turn's end-of-turn token.
    case promptEnd
    /// The mean over the response's tokens, or the prompt's where there is no response.
    case mean
    /// Every token, as a row of its own.
    case all
  }

  private let run: Run

  /// Opens a run folder; costs its rows, not its states.
  ///
  /// - Throws: an error whose description names the file, the place, what was found and what was
  ///   wanted.
  public init(contentsOf folder: String) throws {
    run = try Run.open(folder)
  }

  /// Records the hidden states of every layer for a concept set, as `seer extract` does, and opens
  /// them. Given again after an interruption, it goes on where it stopped; a finished run of the
  /// same recipe is opened at once.
  ///
  /// The calling thread waits; the work uses all cores.
  ///
  /// - Parameters:
  ///   - model: a GGUF file, a Hugging Face folder, or the name of a cached model.
  ///   - adapter: a PEFT adapter folder; nil for the model as it is.
  ///   - concepts: a file with the columns `prompt` and `value`, and perhaps `response` and `split`.
  ///   - folder: the run folder to write.
  ///   - template: how prompt and response become one text.
  ///   - position: which tokens speak for a row.
  ///   - maxTokens: the first tokens of a row are kept, at most so many; nil is 512, or the model's
  ///     context where that is less.
  ///   - progress: told the share done, 0...1, on a thread of the work; returns whether to go on.
  /// - Throws: as ``init(contentsOf:)`` does; an error of its own where `progress` said to stop.
  public static func extract(
    model: String, adapter: String? = nil, concepts: String, into folder: String,
    template: Template = .chat, position: TokenPosition = .last, maxTokens: Int? = nil,
    progress: @escaping @Sendable (Double) -> Bool = { _ in true }
  ) throws -> HiddenStates {
    var extraction = Extraction(
      model: model, concepts: concepts, folder: folder, tool: "SeerKit")
    extraction.adapter = adapter
    extraction.template = template == .chat ? .chat : .plain
    extraction.position =
      switch position {
      case .last: .last
      case .promptEnd: .promptEnd
      case .mean: .mean
      case .all: .all
      }
    extraction.maxTokens = maxTokens
    let job = extraction
    _ = try work("extract", progress: progress) { context in try job.run(context) }
    return try HiddenStates(contentsOf: folder)
  }

  /// The layers that are kept, ascending: 0 is the input of the first block, i the residual stream
  /// after block i.
  public var layers: [Int] { run.manifest.layers }

  /// How many numbers a state has.
  public var width: Int { run.manifest.width }

  /// In the order of the concept file, as the rows of ``matrix(layer:)`` are.
  public var rows: [Row] {
    run.rows.map { Row(row: $0.row, text: $0.text, concept: $0.concept, token: $0.token) }
  }

  /// A copy of one layer's states in float32, (rows, width).
  public func matrix(layer: Int) throws -> Matrix {
    try run.states(layer: layer)
  }
}
