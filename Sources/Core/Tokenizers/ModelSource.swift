import Foundation
import SeerFormats
import SeerSupport

/// A model's files with the tokenizer in or beside them.
package protocol ModelSource: WeightSource {
  /// What the files say of the tokenizer; fails where that cannot be done.
  func tokenizerDescription() throws(Failure) -> TokenizerDescription
  /// Everything about the tokenizer that cannot be done as the files say.
  func tokenizerProblems() -> [Failure]
}

extension GGUF: ModelSource {}
extension HuggingFaceFolder: ModelSource {}
extension SplitGGUF: ModelSource {
  package func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    try first.tokenizerDescription()
  }
}

extension ModelSource {
  /// The first thing that is wrong: files that name their tokenizer by a word have no more.
  package func tokenizerProblems() -> [Failure] {
    do throws(Failure) {
      _ = try Tokenizer(tokenizerDescription())
      return []
    } catch {
      return [error]
    }
  }
}

/// Opens what lies at a path: a folder is Hugging Face's form, a file is GGUF or one of its parts.
///
/// - Parameter allowsOtherTypes: takes GGUF files with tensors that there is no reading of; they are
///   as if they were not there.
package func openModel(
  _ path: String, allowsOtherTypes: Bool = false
) throws(Failure) -> any ModelSource {
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
    return try HuggingFaceFolder(path: path)
  }
  if let parts = SplitGGUF.paths(of: path) {
    return try SplitGGUF(paths: parts, allowsOtherTypes: allowsOtherTypes)
  }
  return try GGUF(path: path, allowsOtherTypes: allowsOtherTypes)
}
