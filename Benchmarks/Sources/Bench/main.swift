import Foundation
import SeerScreens

let usage = """
  usage: Bench [kernels] [paths] [maps] [screens] [--filter TEXT] [--model M] [--seconds 0.5]
               [--baseline FILE] [--save FILE] [--tolerance 1.3]
         Bench limits
         Bench rows [--megabytes 1000]
  Prints microseconds and the ratio to a reference product; with a baseline, how many times its
  ratio that is. Exit 1 where a ratio exceeds the tolerance.
  """

var groups: [String] = []
var options = [
  "--filter": "", "--model": "smollm2", "--seconds": "0.5", "--tolerance": "1.3",
  "--megabytes": "1000",
]
var rest = CommandLine.arguments.dropFirst()
while let word = rest.popFirst() {
  if ["kernels", "paths", "maps", "screens", "limits", "rows"].contains(word) {
    groups.append(word)
  } else if [
    "--filter", "--model", "--seconds", "--baseline", "--save", "--tolerance", "--megabytes",
  ]
  .contains(word), let value = rest.popFirst() {
    options[word] = value
  } else {
    FileHandle.standardError.write(Data((usage + "\n").utf8))
    exit(word == "--help" ? 0 : 64)
  }
}
if groups == ["limits"] {
  print(
    "{\"kernel\":\(Limits.kernel()),\"sgemm\":\(Limits.products()),"
      + "\"read\":\(Limits.reading())}")
  exit(0)
}
if groups == ["rows"] {
  try Rows.run(megabytes: Int(options["--megabytes"] ?? "") ?? 1000)
  exit(0)
}
if groups.isEmpty { groups = ["kernels", "paths", "maps", "screens"] }

let runner = Runner(
  filter: options["--filter"] ?? "", duration: Double(options["--seconds"] ?? "") ?? 0.5)
if groups.contains("kernels") { Kernels.run(runner) }
if groups.contains("paths") { try Paths.run(runner, model: options["--model"] ?? "smollm2") }
if groups.contains("maps") { try Maps.run(runner) }
if groups.contains("screens") { Screens.run(runner) }

let encoder = JSONEncoder()
encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
if let path = options["--save"] {
  try encoder.encode(runner.measurements).write(to: URL(fileURLWithPath: path))
}
if let path = options["--baseline"] {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  let baseline = try JSONDecoder().decode([Measurement].self, from: data)
  let tolerance = Double(options["--tolerance"] ?? "") ?? 1.3
  var slower = 0
  print("\nagainst \(path):")
  for now in runner.measurements {
    let before = baseline.first { $0.name == now.name }
    print(row(now, before))
    if let before, now.ratio > tolerance * before.ratio { slower += 1 }
  }
  if slower > 0 {
    print("\(slower) slower than \(tolerance) times the baseline")
    exit(1)
  }
}
