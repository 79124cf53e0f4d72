import SeerSupport

/// Names of modules as `adapter_config.json` gives them: one regular expression, or a list.
enum ModuleNames {
  /// Matches a module's whole path.
  case pattern(PythonPattern)
  /// A module's path, or the end of it after a dot.
  case list([String])

  func contains(_ path: String) throws(Failure) -> Bool {
    switch self {
    case .pattern(let pattern): try pattern.matchesAll(of: path)
    case .list(let names): names.contains { path == $0 || path.hasSuffix("." + $0) }
    }
  }
}

/// Which modules an adapter sits on: peft's rule (`check_target_module_exists`), on the paths that
/// the reference implementation's modules have.
struct ModuleRule {
  enum Targets {
    /// Every linear layer but the head.
    case allLinear
    case named(ModuleNames)
  }

  var targets: Targets
  var excluded: ModuleNames?
  /// Modules that are trained as a whole carry nothing.
  var saved: [PythonPattern] = []
  /// Blocks, from 0; all where nil. A path that `targets` lists in full does not ask for it.
  var layers: Set<Int>?
  /// What stands before a block's number; anything where empty.
  var layerPatterns: [PythonPattern] = []

  /// - block: the number of the block that the module is a linear layer of; nil for others.
  func chooses(_ path: String, block: Int?) throws(Failure) -> Bool {
    if let excluded, try excluded.contains(path) { return false }
    for pattern in saved where try pattern.matchesStart(of: path) { return false }
    switch targets {
    case .allLinear: return block != nil
    case .named(.pattern(let pattern)): return try pattern.matchesAll(of: path)
    case .named(.list(let names)):
      if names.contains(path) { return true }
      guard names.contains(where: { path.hasSuffix("." + $0) }) else { return false }
      guard let layers else { return true }
      guard let block, layers.contains(block) else { return false }
      // Without a pattern the number needs two names before it.
      if layerPatterns.isEmpty {
        return path.split(separator: ".").prefix { $0 != "\(block)" }.count >= 2
      }
      for pattern in layerPatterns where try pattern.matchesStart(of: path) { return true }
      return false
    }
  }
}

/// Ranks and alphas of their own (`rank_pattern`, `alpha_pattern`): the first pattern that matches
/// the end of a module's path counts.
struct ModulePatterns<Value> {
  private var entries: [(pattern: PythonPattern, value: Value)] = []

  /// - patterns: of one that is there twice the first place and the last value count, as in Python.
  init(_ patterns: [(pattern: String, value: Value)]) throws(Failure) {
    for (index, (pattern, _)) in patterns.enumerated() {
      guard !patterns[..<index].contains(where: { $0.pattern == pattern }),
        let last = patterns.last(where: { $0.pattern == pattern })
      else { continue }
      entries.append((try PythonPattern("(.*\\.)?(\(pattern))$"), last.value))
    }
  }

  func value(for path: String) throws(Failure) -> Value? {
    for entry in entries where try entry.pattern.matchesStart(of: path) { return entry.value }
    return nil
  }
}
