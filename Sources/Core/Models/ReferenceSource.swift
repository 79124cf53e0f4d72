import SeerFormats
import SeerSupport
import SeerTokenizers

/// A model's files as transformers reads them: the keys of the text part, where `config.json`
/// describes one that reads pictures too, and what is meant by keys that it leaves out.
struct ReferenceSource: ModelSource {
  let source: any ModelSource
  /// What stands before the keys: `text_config.`, or nothing.
  let root: String
  /// What transformers takes for keys that are absent, not null.
  let usual: [String: GGUFValue]

  var path: String { source.path }
  var format: WeightFormat { source.format }
  var configurationPath: String { source.configurationPath }
  var filePaths: [String] { source.filePaths }

  func value(_ key: String) -> GGUFValue? {
    source.value(root + key) ?? (isNull(key) ? nil : usual[key])
  }

  func isNull(_ key: String) -> Bool { source.isNull(root + key) }
  func members(_ key: String) -> [String] { source.members(root + key) }
  func shownName(_ key: String) -> String { root + key }
  func tensor(_ name: String) -> StoredTensor? { source.tensor(name) }
  var tensorNames: [String] { source.tensorNames }
  func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    try source.tokenizerDescription()
  }
}
