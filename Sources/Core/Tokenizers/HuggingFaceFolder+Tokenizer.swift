import Foundation
import SeerFormats
import SeerSupport

extension HuggingFaceFolder {
  /// Every part of `tokenizer.json` without a counterpart; else what is wrong with the rest.
  package func tokenizerProblems() -> [Failure] {
    do throws(Failure) {
      let parts = try TokenizerFile(
        path: tokenizerPath, folder: path, collectsProblems: true
      ).problems
      guard parts.isEmpty else { return parts }
      _ = try Tokenizer(tokenizerDescription())
      return []
    } catch {
      return [error]
    }
  }

  /// `tokenizer.json`, with the special tokens and the chat template of the files beside it.
  package func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    func exists(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: path + "/" + name)
    }
    guard exists("tokenizer.json") else {
      throw Failure(
        .missingInput, file: tokenizerPath, found: "no such file", wanted: "the model's tokenizer",
        advice: exists("tokenizer.model")
          ? "There is a tokenizer.model only: save the tokenizer in its fast form first."
          : "Download the missing file.")
    }
    var description = try TokenizerFile(path: tokenizerPath, folder: path).description
    try description.readChatTemplate(ofFolder: path)
    // What ends an answer may be several tokens.
    for name in ["generation_config.json", Self.configurationName] where exists(name) {
      let settings = try JSON(path: path + "/" + name)
      // The text part's, of a model that reads pictures too.
      guard let value = settings["eos_token_id"] ?? settings["text_config"]?["eos_token_id"] else {
        continue
      }
      let ids = (value.integer.map { [$0] } ?? value.elements.compactMap(\.integer))
      description.stops += ids
      description.endOfText =
        description.endOfText ?? ids.first { description.vocabulary.indices.contains($0) }
    }
    return description
  }
}
