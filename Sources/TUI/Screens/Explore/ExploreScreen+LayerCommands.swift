import SeerProjection

extension Command {
  /// Layers and what their maps are drawn by, on Explore and Compare.
  package static let layers: [Command] = [
    Command(
      .previousLayer, ["h", "Left"], .layers, "Previous layer", hint: "layer",
      when: hasLayers),
    Command(
      .nextLayer, ["l", "Right"], .layers, "Next layer", hint: "layer", when: hasLayers),
    Command(.firstLayer, ["g", "Home"], .layers, "First layer", when: hasLayers),
    Command(.lastLayer, ["G", "End"], .layers, "Last layer", when: hasLayers),
    Command(
      .bestLayer, ["*"], .layers, "The layer the strip marks as best", hint: "best",
      when: { $0.explore.layers.count > 1 && $0.explore.bestLayer != nil }),
    Command(
      .stripMetric, ["y"], .layers, "Figure of the layer strip",
      when: { $0.explore.concepts.count > 1 }),
    Command(
      .projection, ["p"], .layers, "Projection: PCA or t-SNE",
      hint: "projection", when: hasRows),
    Command(
      .pause, ["Space"], .layers, in: [.map, .compare], "Pause or resume t-SNE or the walk",
      hint: "pause",
      when: { $0.running != nil || $0.explore.play != nil }),
    Command(
      .play, ["P"], .layers, in: [.map], "Walk through the layers, or stop",
      when: { hasLayers($0) && hasRows($0) && $0.explore.method != .tsne }),
    Command(
      .nextAxes, ["]"], .layers, in: [.map, .concepts],
      "Next pair of components, or concept of the x axis",
      when: { hasRows($0) && $0.explore.method != .tsne }),
    Command(
      .previousAxes, ["["], .layers, in: [.map, .concepts],
      "Previous pair of components, or concept of the y axis",
      when: { hasRows($0) && $0.explore.method != .tsne }),
    Command(
      .conceptAxes, ["A"], .layers, in: [.map, .concepts], "Concepts as axes, or components",
      when: hasConcepts),
    Command(
      .perplexityDown, ["{"], .layers,
      "Lower perplexity, going on from here", hint: "perplexity",
      when: isTSNE),
    Command(
      .perplexityUp, ["}"], .layers, "Higher perplexity, going on from here",
      hint: "perplexity",
      when: isTSNE),
    Command(
      .newSeed, ["r"], .layers, "Another seed for t-SNE", hint: "new seed",
      when: isTSNE),
  ]
}
