import Foundation
import LinearAlgebra
import SeerModels
import TestSupport
import Testing

/// Attention and its backward pass over packed rows against a naive one in Double and its central
/// differences.
struct AttentionGradientTests {
  struct Case: CustomTestStringConvertible {
    /// Tokens of each row, padding included, and how many of them are padding.
    let rows: [(count: Int, padding: Int)]
    let heads: Int
    let kvHeads: Int
    let size: Int
    var window: Int?
    var cap: Float = 0
    var sinks: [Float]?
    var testDescription: String {
      "\(rows), \(heads) heads on \(kvHeads) of \(size), window \(window ?? 0), cap \(cap)"
        + (sinks == nil ? "" : ", sinks")
    }
  }

  static let cases = [
    Case(rows: [(5, 0), (1, 0), (7, 0)], heads: 4, kvHeads: 2, size: 16),
    Case(rows: [(7, 3), (4, 0), (6, 5)], heads: 4, kvHeads: 2, size: 6),
    Case(rows: [(3, 0), (8, 1)], heads: 3, kvHeads: 1, size: 4),
    Case(rows: [(2, 0), (6, 2)], heads: 3, kvHeads: 3, size: 8),
    // More than one block of queries, with the padding in the second and the third.
    Case(rows: [(2 * attentionQueryBlock + 3, 70)], heads: 2, kvHeads: 1, size: 2),
    Case(rows: [(attentionQueryBlock + 1, 0)], heads: 2, kvHeads: 1, size: 2),
    Case(rows: [(7, 3), (1, 0), (9, 0)], heads: 4, kvHeads: 2, size: 4, window: 3),
    Case(rows: [(6, 0)], heads: 2, kvHeads: 1, size: 4, window: 1),
    Case(rows: [(attentionQueryBlock + 9, 0)], heads: 2, kvHeads: 1, size: 2, window: 5),
    Case(rows: [(7, 0), (4, 1)], heads: 4, kvHeads: 2, size: 6, cap: 1.5),
    Case(rows: [(attentionQueryBlock + 9, 0)], heads: 2, kvHeads: 1, size: 2, window: 70, cap: 2),
    Case(rows: [(7, 0), (1, 0), (4, 1)], heads: 4, kvHeads: 2, size: 6, sinks: [0, 3, -2, 30]),
    Case(
      rows: [(attentionQueryBlock + 9, 0)], heads: 2, kvHeads: 1, size: 2, window: 5,
      sinks: [-50, 1]),
  ]

  @Test(arguments: cases)
  func matchesCentralDifferences(test: Case) throws {
    var c = ModelConfiguration(
      architecture: "llama", blocks: 1, width: test.heads * test.size, heads: test.heads,
      kvHeads: test.kvHeads, headDimension: test.size, feedForward: 1, vocabulary: 1, context: 1,
      rope: Rope(base: 1, dimension: test.size), epsilon: 1)
    c.attentionCap = test.cap
    var random = SeededGenerator(seed: UInt64(test.size))
    let tokens = test.rows.reduce(0) { $0 + $1.count }
    func matrix(_ columns: Int) -> MutableMatrix {
      MutableMatrix(rows: tokens, columns: columns) { _, _ in random.normal() }
    }
    let (q, k, v) = (matrix(c.queryWidth), matrix(c.keyWidth), matrix(c.keyWidth))
    let dy = matrix(c.queryWidth)
    let output = MutableMatrix(rows: tokens, columns: c.queryWidth)
    // Queries' gradients are set, those of keys and values added to.
    let dq = matrix(c.queryWidth)
    let (dk, dv) = (matrix(c.keyWidth), matrix(c.keyWidth))
    let (dkBefore, dvBefore) = (dk.copy(), dv.copy())

    var start = 0
    var rows: [AttentionRow] = []
    var starts: [Int] = []
    for row in test.rows {
      rows.append(
        AttentionRow(
          queries: q.row(start), count: row.count, keys: k.row(start), values: v.row(start),
          past: 0, visible: row.count - row.padding, output: output.row(start)))
      starts.append(start)
      start += row.count
    }
    attentionForward(rows, c, window: test.window, sinks: test.sinks)
    attentionBackward(
      zip(rows, starts).map { row, start in
        AttentionRowGradient(
          row: row, outputGradient: dy.row(start), queries: dq.row(start), keys: dk.row(start),
          values: dv.row(start))
      }, c, window: test.window, sinks: test.sinks)

    func part(_ matrix: some ReadableMatrix, _ row: AttentionRow, _ start: Int) -> [Float] {
      Array(matrix.values[start * matrix.columns..<(start + row.count) * matrix.columns])
    }
    for (row, start) in zip(rows, starts) {
      let naive = NaiveAttention(
        count: row.count, visible: row.visible, heads: test.heads, kvHeads: test.kvHeads,
        size: test.size, window: test.window ?? .max, cap: Double(test.cap),
        sinks: test.sinks?.doubles)
      let (q, k, v) = (
        part(q, row, start).doubles, part(k, row, start).doubles, part(v, row, start).doubles
      )
      let dy = part(dy, row, start).doubles
      #expect(
        relativeDistance(part(output, row, start), naive.output(q, k, v).floats) <= 2e-6)
      func expectGradient(
        _ ours: MutableMatrix, before: Matrix?, of slope: [Double], _ name: Comment
      ) {
        var expected = slope
        if let before {
          for (index, value) in part(before, row, start).enumerated() {
            expected[index] += Double(value)
          }
        }
        #expect(relativeDistance(part(ours, row, start), expected.floats) <= 5e-6, name)
      }
      expectGradient(
        dq, before: nil,
        of: centralDifferences(at: q) { dot(naive.output($0, k, v), dy) }, "queries")
      expectGradient(
        dk, before: dkBefore,
        of: centralDifferences(at: k) { dot(naive.output(q, $0, v), dy) }, "keys")
      expectGradient(
        dv, before: dvBefore,
        of: centralDifferences(at: v) { dot(naive.output(q, k, $0), dy) }, "values")
      // Padding is not attended to: its keys and values get nothing.
      for token in row.visible..<row.count {
        #expect(dk.values(row: start + token) == dkBefore.values(row: start + token))
        #expect(dv.values(row: start + token) == dvBefore.values(row: start + token))
      }
    }
  }
}
