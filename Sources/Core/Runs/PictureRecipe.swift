import Foundation

/// What a run's states were made from, as it is written beside what is made from them.
public struct RunProvenance: Codable, Equatable, Sendable {
  public var run: String
  public var layer: Int?
  public var model: String
  public var modelSHA256: String
  public var adapter: String?
  public var adapterSHA256: String?
  public var concepts: String
  public var conceptsSHA256: String
  public var template: String
  public var position: String
  public var maxTokens: Int
  /// The program that extracted the states.
  public var tool: String

  enum CodingKeys: String, CodingKey {
    case run, layer, model
    case modelSHA256 = "model_sha256"
    case adapter
    case adapterSHA256 = "adapter_sha256"
    case concepts
    case conceptsSHA256 = "concepts_sha256"
    case template, position
    case maxTokens = "max_tokens"
    case tool
  }

  public init(_ run: Run, layer: Int? = nil) {
    let manifest = run.manifest
    self.run = run.folder
    self.layer = layer
    model = manifest.model
    modelSHA256 = manifest.modelSHA256
    adapter = manifest.adapter
    adapterSHA256 = manifest.adapterSHA256
    concepts = manifest.concepts
    conceptsSHA256 = manifest.conceptsSHA256
    template = manifest.template
    position = manifest.position
    maxTokens = manifest.maxTokens
    tool = manifest.tool
  }
}

/// How an exported file or picture was made: enough to make it again.
public struct PictureRecipe: Codable, Equatable, Sendable {
  /// The program and version that wrote it.
  public var tool: String
  /// The command that makes it again.
  public var command: [String]
  public var output: String
  public var runs: [RunProvenance]
  /// `states`, `pca`, `tsne`, `concepts`, or `map` for coordinates from a file.
  public var method: String
  /// Of several runs' maps: `joint`, one projection of all, or `aligned`, one of each, turned to
  /// match.
  public var arrangement: String?
  public var map: String?
  public var mapSHA256: String?
  public var seed: UInt64
  /// `npy`, `tsv`, `csv`, `svg` or `png`, of an export.
  public var format: String?
  /// What else a map was made with, such as `perplexity`.
  public var settings: [String: String]?

  enum CodingKeys: String, CodingKey {
    case tool, command, output, runs, method, arrangement, map
    case mapSHA256 = "map_sha256"
    case seed, format, settings
  }

  public init(
    tool: String, command: [String], output: String, runs: [RunProvenance], method: String,
    seed: UInt64
  ) {
    self.tool = tool
    self.command = command
    self.output = output
    self.runs = runs
    self.method = method
    self.seed = seed
  }

  /// Writes `PATH.recipe.json` beside a file and returns its name.
  @discardableResult
  public func write(beside path: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let name = path + ".recipe.json"
    try OutputFile.write([UInt8](try encoder.encode(self)) + [0x0A], to: name)
    return name
  }
}
