import SeerFormats
import SeerSupport
import SeerTokenizers

/// Everything in a model's files that this build cannot run, not the first of it only.
///
///     let inspection = try ModelInspection("model.gguf")
///     inspection.problems.map(\.place)    // ["tensor blk.0.ffn_up.weight and 31 more", "key ..."]
package struct ModelInspection: Sendable {
  package let path: String
  /// In the order tensors, keys, tokenizer, chat template; empty where the model runs.
  package let problems: [Failure]

  /// - Throws: where the files cannot be read at all: damaged, or of another kind.
  package init(_ model: String) throws(Failure) {
    path = try ModelLocator.path(of: model)
    let source = try openModel(path, allowsOtherTypes: true)
    let (missing, keys) = Self.tensorAndKeyProblems(source)
    var problems = Self.typeProblems(source) + missing + keys
    problems += source.tokenizerProblems()
    if problems.isEmpty {
      do throws(Failure) { _ = try LanguageModel(path) } catch { problems.append(error) }
    } else if let text = (try? source.tokenizerDescription())?.chatTemplate {
      do throws(Failure) {
        try ChatTemplate(text).check()
      } catch {
        var problem = error
        problem.file = path
        problems.append(problem)
      }
    }
    self.problems = problems
  }

  /// One problem for each type of tensor that there is no reading of.
  private static func typeProblems(_ source: any ModelSource) -> [Failure] {
    var problems: [Failure] = []
    for file in ggufFiles(source) {
      var types: [String] = []
      for other in file.otherTypes where !types.contains(other.type) { types.append(other.type) }
      for type in types {
        let names = file.otherTypes.filter { $0.type == type }.map(\.name)
        let more = names.count > 1 ? " and \(names.count - 1) more" : ""
        problems.append(
          Failure(
            .badData, file: file.file.path, place: "tensor \(names[0])\(more)", found: type,
            wanted: "one of \(BlockType.ofGGUF.map(\.name).joined(separator: ", "))",
            advice: "Use a file of the model with these types."))
      }
    }
    return problems
  }

  /// Opens the model again and again, each time without the key that was wrong; then every tensor is
  /// looked for. One problem for all tensors of one kind that lack the same.
  private static func tensorAndKeyProblems(
    _ source: any ModelSource
  ) -> (tensors: [Failure], keys: [Failure]) {
    var keys: [Failure] = []
    var reduced = ReducedSource(source: source)
    while true {
      let tensors = TensorProblems()
      do throws(Failure) {
        _ = try Transformer(reduced, noting: tensors)
        return (joined(tensors.all, besides: source), keys)
      } catch {
        let found = joined(tensors.all, besides: source)
        // A key that was taken away is missed where there is no doing without it.
        if let key = error.key, reduced.hidden.contains(key) { return (found, keys) }
        if let name = error.tensor {
          return (found + (unreadNames(source).contains(name) ? [] : [error]), keys)
        }
        keys.append(error)
        guard let key = error.key, reduced.has(key) else { return (found, keys) }
        reduced.hidden.insert(key)
      }
    }
  }

  /// Tensors of types that there is no reading of: that they are missed is no second problem.
  private static func unreadNames(_ source: any ModelSource) -> Set<String> {
    Set(ggufFiles(source).flatMap { $0.otherTypes.map(\.name) })
  }

  private static func ggufFiles(_ source: any ModelSource) -> [GGUF] {
    (source as? SplitGGUF)?.parts ?? (source as? GGUF).map { [$0] } ?? []
  }

  /// The same problem of the same tensor in many blocks, as one.
  private static func joined(_ problems: [Failure], besides source: any ModelSource) -> [Failure] {
    let unread = unreadNames(source)
    var joined: [(kind: String, problem: Failure, count: Int)] = []
    for problem in problems {
      guard let name = problem.tensor, !unread.contains(name) else { continue }
      let kind = "\(name.filter { !$0.isNumber }) \(problem.found)"
      if let index = joined.firstIndex(where: { $0.kind == kind }) {
        joined[index].count += 1
      } else {
        joined.append((kind, problem, 1))
      }
    }
    return joined.map { _, problem, count in
      var problem = problem
      if count > 1, let place = problem.place { problem.place = "\(place) and \(count - 1) more" }
      return problem
    }
  }
}

extension Failure {
  /// The key of the configuration that it speaks of.
  fileprivate var key: String? {
    let start = "key "
    return place.flatMap { $0.hasPrefix(start) ? String($0.dropFirst(start.count)) : nil }
  }

  /// The tensor that it speaks of.
  fileprivate var tensor: String? {
    let start = "tensor "
    return place.flatMap { $0.hasPrefix(start) ? String($0.dropFirst(start.count)) : nil }
  }
}

/// A source some of whose keys are as if they were not there.
private struct ReducedSource: ModelSource {
  let source: any ModelSource
  var hidden: Set<String> = []

  var path: String { source.path }
  var format: WeightFormat { source.format }
  var configurationPath: String { source.configurationPath }
  var filePaths: [String] { source.filePaths }
  func value(_ key: String) -> GGUFValue? { hidden.contains(key) ? nil : source.value(key) }
  func isNull(_ key: String) -> Bool { !hidden.contains(key) && source.isNull(key) }
  func members(_ key: String) -> [String] { source.members(key) }
  func tensor(_ name: String) -> StoredTensor? { source.tensor(name) }
  var tensorNames: [String] { source.tensorNames }
  func tokenizerDescription() throws(Failure) -> TokenizerDescription {
    try source.tokenizerDescription()
  }
}
