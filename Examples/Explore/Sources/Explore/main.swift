import SeerKit

// Records the states of a few labelled texts, draws one layer as a map, and scores a sentence.
// usage: Explore CONCEPTS RUN SENTENCE
let words = CommandLine.arguments
guard words.count == 4 else {
  fatalError("usage: Explore CONCEPTS RUN SENTENCE")
}

let states = try HiddenStates.extract(
  model: "smollm2", concepts: words[1], into: words[2], position: .mean)
print("\(states.rows.count) rows, layers \(states.layers.first ?? 0) to \(states.layers.last ?? 0)")

let layer = states.layers[states.layers.count * 4 / 5]
let map = try project(states.matrix(layer: layer), by: "pca")
for (index, row) in states.rows.enumerated().prefix(3) {
  print(row.concept, map[index, 0], map[index, 1])
}

let scorer = try ConceptScorer(model: "smollm2", run: words[2], layer: layer)
for token in try scorer.score(words[3]) {
  print(token.text.debugDescription, token.top ?? "unknown", token.scores)
}
