import SeerModels
import SeerTokenizers

/// What a run was made from: the contents of its `run.json`.
///
/// Two runs with equal recipes hold the same states.
package struct RunManifest: Codable, Equatable, Sendable {
  /// The version of the folder's layout that this build reads and writes.
  package static let currentFormat = 1

  package var format: Int
  /// The program and version that wrote it.
  package var tool: String
  package var model: String
  package var modelSHA256: String
  package var adapter: String?
  package var adapterSHA256: String?
  /// The file or folder that the states were imported from, and its hash; nil where a model made
  /// them. Of imported states neither the model's hash nor the number of tokens is known.
  package var states: String?
  package var statesSHA256: String?
  package var concepts: String
  package var conceptsSHA256: String
  /// Options by which the concept file was read (``ConceptColumns/recipe``); nil for the usual ones.
  package var columns: [String: String]?
  package var template: RowTemplate
  /// What the user said of the template of imported states.
  package var templateName: String?
  /// Of the file that a chat template was read from, where it is not the model's own.
  package var templateSHA256: String?
  /// The template's variables that the user gave, as JSON, where they can change the text.
  package var templateArguments: [String: String]?
  /// The template's today, where the user gave it and it can change the text.
  package var templateDate: String?
  package var position: Position
  package var maxTokens: Int
  /// The layers stored, ascending; 0 is the input of the first block.
  package var layers: [Int]
  /// Rows of states: one a concept row, or one a token with position `all`.
  package var rows: Int
  package var width: Int
  package var dtype: StateType
  /// How exactly the model multiplied: what was used, whatever was asked for. Nil where states were
  /// imported, and in older runs, which are all exact.
  package var precision: Precision?
  /// What a fast model multiplied on (``Precision/products``).
  package var fastProducts: String?
  /// Tokens that a batch has room for (``BatchPlan``); nil where states were imported, and in runs of 0.1.
  package var batchTokens: Int?
  /// Which experts the rows went to, where that is kept (``RunRouting``).
  package var routing: RoutingRecipe?
  /// Which part of a run this is; nil for a whole one.
  package var shard: Shard?
  /// Tokens and seconds of the forward passes that made it.
  package var tokens: Int?
  package var seconds: Double?

  package enum CodingKeys: String, CodingKey {
    case format, tool, model
    case modelSHA256 = "model_sha256"
    case adapter
    case adapterSHA256 = "adapter_sha256"
    case states
    case statesSHA256 = "states_sha256"
    case concepts
    case conceptsSHA256 = "concepts_sha256"
    case columns, template
    case templateName = "template_name"
    case templateSHA256 = "template_sha256"
    case templateArguments = "template_arguments"
    case templateDate = "template_date"
    case position
    case maxTokens = "max_tokens"
    case layers, rows, width, dtype, precision
    case fastProducts = "fast_products"
    case batchTokens = "batch_tokens"
    case routing, shard, tokens, seconds
  }

  package init(
    format: Int = RunManifest.currentFormat, tool: String, model: String, modelSHA256: String,
    adapter: String? = nil, adapterSHA256: String? = nil, concepts: String,
    conceptsSHA256: String, columns: [String: String]? = nil, template: RowTemplate,
    position: Position, maxTokens: Int, layers: [Int], rows: Int, width: Int, dtype: StateType,
    tokens: Int? = nil,
    seconds: Double? = nil
  ) {
    self.format = format
    self.tool = tool
    self.model = model
    self.modelSHA256 = modelSHA256
    self.adapter = adapter
    self.adapterSHA256 = adapterSHA256
    self.concepts = concepts
    self.conceptsSHA256 = conceptsSHA256
    self.columns = columns
    self.template = template
    self.position = position
    self.maxTokens = maxTokens
    self.layers = layers
    self.rows = rows
    self.width = width
    self.dtype = dtype
    self.tokens = tokens
    self.seconds = seconds
  }
}

extension RunManifest {
  /// What the user gave of the chat template.
  package var chat: ChatRecord {
    get {
      ChatRecord(fileSHA256: templateSHA256, arguments: templateArguments, date: templateDate)
    }
    set {
      (templateSHA256, templateArguments, templateDate) = (
        newValue.fileSHA256, newValue.arguments, newValue.date
      )
    }
  }

  /// Whether the states came from another program.
  package var isImported: Bool { states != nil }

  /// How exactly the model multiplied, also where the manifest is older than the choice.
  package var multiplied: Precision { precision ?? .exact }

  /// The template as screens and reports name it.
  package var templateTitle: String { templateName ?? template.rawValue }

  /// The keys in which two recipes differ, for messages; empty where both make the same states.
  /// Where the inputs lay does not matter as long as they are the same; nor do measured figures.
  package func differences(from other: RunManifest) -> [String] {
    var keys: [String] = []
    if format != other.format { keys.append("format (\(format))") }
    if tool != other.tool { keys.append("tool (\(tool), now \(other.tool))") }
    if modelSHA256 != other.modelSHA256 { keys.append("model (\(model))") }
    if isImported, model != other.model { keys.append("model (\(model))") }
    if statesSHA256 != other.statesSHA256 { keys.append("states (\(states ?? "none"))") }
    if adapterSHA256 != other.adapterSHA256 { keys.append("adapter (\(adapter ?? "none"))") }
    if conceptsSHA256 != other.conceptsSHA256 { keys.append("concepts (\(concepts))") }
    if columns != other.columns { keys.append("columns or messages") }
    if template != other.template { keys.append("template (\(template))") }
    if templateName != other.templateName { keys.append("template (\(templateTitle))") }
    if templateSHA256 != other.templateSHA256 { keys.append("template file") }
    if templateArguments != other.templateArguments { keys.append("template arguments") }
    if templateDate != other.templateDate { keys.append("date (\(templateDate ?? "none"))") }
    if position != other.position { keys.append("position (\(position))") }
    if maxTokens != other.maxTokens { keys.append("max_tokens (\(maxTokens))") }
    if layers != other.layers { keys.append("layers (\(Run.described(layers)))") }
    if rows != other.rows { keys.append("rows (\(rows))") }
    if width != other.width { keys.append("width (\(width))") }
    if dtype != other.dtype { keys.append("dtype (\(dtype))") }
    if multiplied != other.multiplied { keys.append("precision (\(multiplied.rawValue))") }
    if multiplied == other.multiplied, fastProducts != other.fastProducts {
      keys.append("fast_products (\(fastProducts ?? "none"))")
    }
    if batchTokens != other.batchTokens {
      keys.append("batch_tokens (\(batchTokens.map(String.init) ?? "none"))")
    }
    if routing != other.routing {
      keys.append("routing (\(routing == nil ? "not kept" : "kept"))")
    }
    if shard != other.shard { keys.append("shard (\(shard?.description ?? "none"))") }
    return keys
  }
}
