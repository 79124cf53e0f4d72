import Foundation
import SeerFormats
import SeerSupport

extension HuggingFaceFolder {
  /// Every part of `tokenizer.json` without a counterpart; else what is wrong with the rest.
  package func tokenizerProblems() -> [Failure] {
    do throws(Failure) {
      let parts = try TokenizerFile(path: tokenizerPath, collectsProblems: true).problems
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
    var description = try TokenizerFile(path: tokenizerPath).description
    if exists("tokenizer_config.json") {
      let settings = try JSON(path: path + "/tokenizer_config.json")
      func id(_ name: String) throws(Failure) -> Int? {
        guard let token = settings[name]?.bytes ?? settings[name]?["content"]?.bytes else {
          return nil
        }
        guard let id = description.vocabulary.firstIndex(of: token) else {
          throw Failure(
            .badData, file: path + "/tokenizer_config.json", place: "key \(name)",
            found: "\(Tokenizer.quoted(token)), which is not in the vocabulary",
            wanted: "a token of tokenizer.json",
            advice: "The files are of different models: download them again.")
        }
        return id
      }
      description.beginningOfText = try id("bos_token") ?? description.beginningOfText
      description.endOfText = try id("eos_token") ?? description.endOfText
      description.padding = try id("pad_token")
    }
    try description.readChatTemplate(ofFolder: path)
    // What ends an answer may be several tokens.
    for name in ["generation_config.json", Self.configurationName] where exists(name) {
      guard let value = try JSON(path: path + "/" + name)["eos_token_id"] else { continue }
      let ids = (value.integer.map { [$0] } ?? value.elements.compactMap(\.integer))
      description.stops += ids
      description.endOfText = description.endOfText ?? ids.first
    }
    return description
  }
}
