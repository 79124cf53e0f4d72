/// Families that people have and that are not read, by the names that files call them: what of
/// their blocks has no counterpart here.
enum ForeignFamily {
  private static let recurrent = "recurrent blocks"
  private static let latent = "attention by latent keys and values"
  private static let layered = "embeddings of every layer and blocks that share keys and values"
  private static let sizes = "heads whose size differs by block"
  private static let grouped = "experts that are chosen by another rule"
  private static let encoder = "an encoder"

  /// By `model_type`, or `general.architecture`, with `-` and `_` left out.
  private static let obstacles: [String: String] = [
    recurrent: [
      "mamba", "mamba2", "falconmamba", "falconh1", "jamba", "bamba", "zamba", "zamba2",
      "nemotronh",
      "nemotronhmoe", "qwen3next", "qwen35", "qwen35text", "qwen35moe", "qwen35moetext", "lfm2",
      "lfm2moe", "lfm2vl", "lfm3", "granitehybrid", "recurrentgemma", "rwkv", "rwkv6", "rwkv7",
      "plamo2",
      "kimilinear", "minimax", "olmohybrid", "arwkv7", "xlstm",
    ],
    latent: [
      "deepseekv2", "deepseekv3", "deepseekv32", "deepseekv4", "deepseek2", "kimik2", "minicpm3",
      "glm4moelite", "longcatflash", "mistral4",
    ],
    layered: ["gemma3n", "gemma3ntext"],
    sizes: ["gemma4", "gemma4text", "gemma4unified", "gemma4unifiedtext"],
    grouped: [
      "deepseek", "glm4moe", "dots1", "ernie45moe", "bailingmoe", "bailingmoe2", "exaonemoe",
      "hunyuanmoe", "hunyuanv1moe", "llama4", "llama4text", "minimaxm2", "phimoe", "dbrx", "grok",
      "afmoe", "arcticmoe",
    ],
    encoder: [
      "t5", "t5encoder", "t5gemma", "bart", "whisper", "bert", "modernbert", "roberta",
      "xlmroberta",
      "nomicbert", "jinabertv2",
    ],
  ].reduce(into: [:]) { all, entry in
    for name in entry.value { all[name] = entry.key }
  }

  /// What stands in the way; nil for names that nothing is known of.
  static func obstacle(_ name: String) -> String? {
    obstacles[name.lowercased().filter { !"-_.".contains($0) }]
  }
}
