import Foundation
import LinearAlgebra
import SeerAnalysis
import SeerProjection

/// Reads a float32 `.npy` file in C order: all that the benchmark's matrices need.
func readMatrix(_ path: String) throws -> Matrix {
  let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
  let headerLength = Int(data[8]) | Int(data[9]) << 8
  let header = String(decoding: data[10..<10 + headerLength], as: UTF8.self)
  guard header.contains("'<f4'"), header.contains("'fortran_order': False"),
    let shape = header.split(separator: "(").last?.split(separator: ")").first?
      .split(separator: ",").compactMap({ Int($0.trimmingCharacters(in: .whitespaces)) }),
    shape.count == 2, data.count == 10 + headerLength + 4 * shape[0] * shape[1]
  else { throw CocoaError(.fileReadCorruptFile) }
  let matrix = MatrixBuilder(unfilled: shape[0], columns: shape[1])
  data.withUnsafeBytes { bytes in
    guard let base = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(matrix.elements).copyMemory(
      from: base + 10 + headerLength, byteCount: 4 * matrix.count)
  }
  return matrix.frozen()
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  let duration = (ContinuousClock.now - start).components
  return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
}

/// Processor seconds of this process so far: steadier than the clock on a busy machine.
func processorSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
}

func text(_ value: Double, _ digits: Int = 3) -> String { String(format: "%.\(digits)f", value) }

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print(
    "usage: ProjectionBenchmark (pca | tsne | neighbours | quality) MATRIX.npy [LAYOUT.csv] [key=value ...]"
  )
  exit(64)
}
var settings: [String: String] = [:]
for argument in arguments.dropFirst(3) {
  let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
  settings[parts.count == 2 ? parts[0] : "layout"] = parts.last
}
let matrix = try readMatrix(arguments[2])
switch arguments[1] {
case "pca":
  for _ in 0..<5 {
    var pca: PCA?
    let fit = try seconds { pca = try PCA.fit(matrix, components: 50) }
    let transform = seconds { _ = pca?.transform(matrix) }
    print("PCA fit \(text(fit, 4)) s, transform \(text(transform, 4)) s")
  }
case "tsne":
  let reduced = try TSNE.reduced(matrix)
  var options = TSNE.Options()
  if let value = settings["iterations"].flatMap({ Int($0) }) { options.iterations = value }
  if let value = settings["seed"].flatMap({ UInt64($0) }) { options.seed = value }
  if let value = settings["m0"].flatMap({ Float($0) }) { options.exaggeratedMomentum = value }
  if let value = settings["m1"].flatMap({ Float($0) }) { options.momentum = value }
  if let value = settings["ee"].flatMap({ Int($0) }) { options.exaggeratedIterations = value }
  if let value = settings["ex"].flatMap({ Float($0) }) { options.exaggeration = value }
  switch settings["gradient"] {
  case "exact": options.gradient = .exact
  case "interpolation": options.gradient = .interpolation
  case "barnes-hut": options.gradient = .barnesHut
  default: break
  }
  var tsne: TSNE?
  let before = processorSeconds()
  let preparation = try seconds { tsne = try TSNE(reduced, options: options) }
  let prepared = processorSeconds()
  var trace: [String] = []
  let steps = seconds {
    guard let tsne else { return }
    while tsne.iteration < options.iterations {
      tsne.step()
      if settings["trace"] != nil, tsne.iteration % 50 == 0 {
        trace.append("\(tsne.iteration): \(text(tsne.divergence(), 4))")
      }
    }
  }
  let done = processorSeconds()
  guard let tsne else { exit(70) }
  if !trace.isEmpty { print(trace.joined(separator: "\n")) }
  let points = tsne.points
  let extent = (0..<points.rows).map { max(abs(points[$0, 0]), abs(points[$0, 1])) }.max() ?? 0
  print(
    "t-SNE \(text(preparation + steps)) s (preparation \(text(preparation)), steps \(text(steps)))"
      + ", processor \(text(prepared - before)) + \(text(done - prepared)) s"
      + ", own KL \(text(tsne.divergence(), 4)), extent \(text(Double(extent), 1))")
  if let layout = settings["layout"] {
    var lines = "x,y\n"
    for row in 0..<points.rows { lines += "\(points[row, 0]),\(points[row, 1])\n" }
    try lines.write(toFile: layout, atomically: true, encoding: .utf8)
  }
case "neighbours":
  // The approximate index against all pairs of some rows: time, and the share of neighbours found.
  let reduced = try TSNE.reduced(matrix)
  let k = settings["k"].flatMap { Int($0) } ?? 90
  let wanted = settings["queries"].flatMap { Int($0) } ?? 2000
  let rows = Array(stride(from: 0, to: matrix.rows, by: max(1, matrix.rows / wanted)))
  let queries = reduced.selecting(rows: rows)
  var exact: Neighbours?
  var found: Neighbours?
  // A row is among its own nearest.
  let exactTime = try seconds {
    exact = try Neighbours.exact(of: queries, among: reduced, k: k + 1)
  }
  let foundTime = try seconds { found = try Neighbours.approximate(reduced, k: k) }
  guard let exact, let found else { exit(70) }
  var kept = 0.0
  for (query, row) in rows.enumerated() {
    let limit = exact.squaredDistances(of: query).last ?? 0
    // By distance: duplicates may choose other twins.
    kept += Double(found.squaredDistances(of: row).filter { $0 <= limit }.count) / Double(k)
  }
  print(
    "neighbours: \(matrix.rows) rows, k \(k): approximate \(text(foundTime)) s, exact \(rows.count)"
      + " rows \(text(exactTime)) s, found \(text(kept / Double(rows.count), 4))")
case "quality":
  let reduced = try TSNE.reduced(matrix)
  let tsne = try TSNE(reduced)
  try tsne.finish()
  let map = tsne.points
  var quality: MapQuality?
  let time = try seconds { quality = try MapQuality.measure(map, of: matrix) }
  print("quality \(text(time)) s: \(quality.map { "\($0)" } ?? "")")
default:
  print("found \(arguments[1]), wanted pca, tsne, neighbours or quality")
  exit(64)
}
