import LinearAlgebra
import SeerAnalysis
import SeerModels
import SeerMonitor
import SeerSupport
import SeerTokenizers

/// Judges attributions by what they are for: tokens that they put first matter most to the
/// concept's logit when they are taken out of the text, or put in alone.
///
/// Of each row the last of its words is explained, for the row's own concept; the words before it
/// are taken out and put in.
package struct FaithfulnessEvaluation: Sendable {
  package var model: String
  package var adapter: String?
  /// The run folder whose monitor is explained.
  package var run: String
  package var layer: Int
  /// Rows that taught the monitor nothing; where some have a split, its test rows.
  package var concepts: String
  package var columns = ConceptColumns()
  package var attributions = Attribution.allCases
  package var template = RowTemplate.chat
  package var chat = ChatOptions()
  /// The first rows only, where it is given.
  package var limit: Int?
  package var maxTokens: Int?
  /// Random orders of each row.
  package var orders = 5
  package var points = 6
  package var resamples = 1000
  package var seed: UInt64 = 0
  /// How exactly the model multiplies, as far as the machine has kernels for that.
  package var precision = Precision.exact
  package var memory = MemoryBudget()

  package init(model: String, adapter: String?, run: String, layer: Int, concepts: String) {
    self.model = model
    self.adapter = adapter
    self.run = run
    self.layer = layer
    self.concepts = concepts
  }

  /// One row's text, and which of its tokens are explained and ordered.
  private struct Task {
    let ids: [Int32]
    let token: Int
    let words: [Int]
    let concept: Int
    let key: String
  }

  package func run(_ context: JobContext) throws -> FaithfulnessFigures {
    let scorer = try Scorer(
      model: model, adapter: adapter, run: run, layer: layer, template: template, chat: chat,
      precision: precision, memory: memory)
    let set = try ConceptSet(contentsOf: concepts, columns: columns)
    let (tasks, leftOut) = try tasks(set, scorer)
    guard !tasks.isEmpty else {
      throw Failure(
        .badData, file: concepts, found: "no row that can be judged",
        wanted: "rows of three words or more of the concepts "
          + scorer.monitor.concepts.joined(separator: ", "),
        advice: "Give rows of the concepts that the run has."
      )
    }
    let names = attributions.map(\.rawValue) + [FaithfulnessFigures.random]
    // By order, then by row.
    var curves = names.map { _ in [OrderCurves]() }
    var times = attributions.map { _ in [Double]() }
    let started = ContinuousClock.now
    var generator = SeededGenerator(seed: seed)
    for (row, task) in tasks.enumerated() {
      var orders: [[Int]] = []
      for (index, attribution) in attributions.enumerated() {
        let begun = ContinuousClock.now
        let explainer = Explainer(
          scorer.language, adapter: scorer.adapter, monitor: scorer.monitor,
          attribution: attribution)
        let why = try explainer.explain(
          task.ids, [(token: task.token, concept: task.concept)], checkpoint: context.checkpoint)[0]
        times[index].append((ContinuousClock.now - begun) / .milliseconds(1))
        orders.append(
          task.words.sorted { (why.earlier[$0], $1) > (why.earlier[$1], $0) })
      }
      for _ in 0..<self.orders {
        orders.append(generator.permutation(task.words.count).map { task.words[$0] })
      }
      let found = try Explainer(
        scorer.language, adapter: scorer.adapter, monitor: scorer.monitor
      ).curves(
        task.ids, at: task.token, task.concept, orders: orders, points: points,
        context.checkpoint)
      for index in attributions.indices { curves[index].append(found[index]) }
      curves[attributions.count].append(Self.mean(Array(found[attributions.count...])))
      context.report(
        JobProgress(
          completed: row + 1, total: tasks.count, unit: "rows",
          elapsed: started.duration(to: .now)))
    }
    return figures(tasks, leftOut, names, curves, times, scorer.notes + set.fileNotes)
  }

  private func tasks(
    _ set: ConceptSet, _ scorer: Scorer
  ) throws -> (tasks: [Task], leftOut: Int) {
    let hasSplit = set.rows.contains { $0.split != nil }
    let rows = set.rows.filter { !hasSplit || $0.split == .test }.prefix(limit ?? .max)
    let renderer = try RowRenderer(
      scorer.language.tokenizer, template: template,
      maxTokens: try scorer.language.tokensKept(maxTokens))
    var tasks: [Task] = []
    for row in rows {
      guard let name = row.concept,
        let concept = scorer.monitor.concepts.firstIndex(where: {
          $0.utf8.elementsEqual(name.utf8)
        })
      else { continue }
      let rendered = try renderer.render(row)
      guard let token = rendered.meanTokens.last else { continue }
      // The first token stands for no word: all others look at it.
      let words = (Array(rendered.promptTokens) + rendered.responseTokens).filter {
        $0 > 0 && $0 < token
      }
      guard words.count > 1 else { continue }
      tasks.append(
        Task(
          ids: rendered.ids, token: token, words: words, concept: concept, key: row.foldKey))
    }
    return (tasks, rows.count - tasks.count)
  }

  private static func mean(_ curves: [OrderCurves]) -> OrderCurves {
    func mean(_ path: KeyPath<OrderCurves, [Double]>) -> [Double] {
      let all = curves.map { $0[keyPath: path] }
      return (all.first ?? []).indices.map { point in
        all.reduce(0) { $0 + $1[point] } / Double(all.count)
      }
    }
    return OrderCurves(deletion: mean(\.deletion), insertion: mean(\.insertion))
  }

  private func figures(
    _ tasks: [Task], _ leftOut: Int, _ names: [String], _ curves: [[OrderCurves]],
    _ times: [[Double]], _ notes: [String]
  ) -> FaithfulnessFigures {
    let keys = tasks.map(\.key)
    let bootstrap = Bootstrap(keys: keys, resamples: resamples, seed: seed)
    func estimate(_ values: [Double]) -> Estimate {
      bootstrap.estimate { weights in
        let total = weights.reduce(0, +)
        guard total > 0 else { return nil }
        return zip(values, weights).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(total)
      } ?? Estimate(value: .nan, low: .nan, high: .nan)
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    let areas = curves.map { $0.map(\.area) }
    func comparison(_ first: Int, _ second: Int) -> FaithfulnessFigures.Comparison {
      let differences = zip(areas[first], areas[second]).map { $0 - $1 }
      return FaithfulnessFigures.Comparison(
        first: names[first], second: names[second], difference: estimate(differences),
        wins: Double(differences.count { $0 > 0 }) / Double(differences.count),
        p: signFlipP(differences, keys: keys, seed: seed))
    }
    return FaithfulnessFigures(
      layer: layer, rows: tasks.count, leftOut: leftOut,
      tokens: mean(tasks.map { Double($0.token + 1) }),
      orders: names.indices.map { index in
        FaithfulnessFigures.Order(
          name: names[index], deletion: estimate(curves[index].map { mean($0.deletion) }),
          insertion: estimate(curves[index].map { mean($0.insertion) }),
          area: estimate(areas[index]),
          milliseconds: times.indices.contains(index) ? median(times[index]) : nil)
      },
      comparisons: names.indices.flatMap { first in
        (first + 1..<names.count).map { comparison(first, $0) }
      }, notes: notes)
  }
}
