import SeerApp
import SeerMonitor
import SeerWidgets

/// How a score looks: one mark in one style, everywhere on the Prompt screen.
struct ScoreLook {
  let mark: Unicode.Scalar
  let style: Style

  /// - Parameter filter: the one concept that is looked at; nil: whichever is likeliest.
  init(_ score: ConceptScores?, filter: Int?, _ theme: Theme) {
    guard let score else {
      (mark, style) = (theme.glyphs.hiddenConcept, theme.style(.faint))
      return
    }
    if let filter, score.scores.indices.contains(filter) {
      // Of one concept the shape is free to say how much.
      let shades = theme.glyphs.shareShades
      let place = Numbers.step(score.scores[filter], of: shades.count)
      mark = shades[place]
      style = place == 0 ? theme.style(.faint) : theme.concept(filter)
    } else if score.isUnknown || !score.scores.indices.contains(score.best) {
      (mark, style) = (theme.glyphs.hiddenConcept, theme.style(.faint))
    } else {
      mark = theme.glyphs.mark(score.best)
      style = theme.concept(score.best, share: score.scores[score.best])
    }
  }
}

/// What a cosine says, in words.
enum CosineWord: String {
  case clear
  case weak
  case chance = "no better than chance"

  /// Where there is little room.
  var short: String { self == .chance ? "chance" : rawValue }

  /// - Parameter calibration: of the layer; nil where it is not known yet.
  init?(_ score: ConceptScores, _ calibration: LivePrompt.LayerCalibration?) {
    guard let calibration else { return nil }
    let isAboveChance = score.cosine > calibration.randomBand.upperBound
    if !score.isUnknown, isAboveChance || calibration.isProbe {
      self = .clear
    } else {
      self = isAboveChance ? .weak : .chance
    }
  }
}

extension Text {
  /// A token's text in one line; blanks around a word are not drawn.
  static func ofToken(_ text: String, _ glyphs: Glyphs) -> String {
    let shown = visible(text, ascii: glyphs.isASCII).replacing("\n", with: glyphs.lineEnd)
    let word = shown.drop { $0 == " " }
    return word.isEmpty ? shown : String(word)
  }
}

extension PromptState {
  /// What the sides are called where both are shown.
  static func name(_ side: Conversation.Side) -> String { side == .tuned ? "tuned" : "base" }

  /// Layers for so many lines, the last on top; the current one is always among them.
  func shownLayers(_ height: Int) -> [Int] {
    let count = layers.count
    guard count > height else { return layers.indices.reversed() }
    guard height > 1 else { return height == 1 ? [layer] : [] }
    var shown = (0..<height).map { (count - 1) * $0 / (height - 1) }
    let nearest = shown.indices.min { abs(shown[$0] - layer) < abs(shown[$1] - layer) }
    if let nearest { shown[nearest] = layer }
    return shown.sorted(by: >)
  }

  /// A side's scores of the tokens at the layer in front.
  func scores(_ side: Conversation.Side) -> [ConceptScores]? {
    reading?.scores(side, layer: layerNumber)
  }

  /// A side's scores of the token looked at.
  func score(_ side: Conversation.Side) -> ConceptScores? {
    guard let scores = scores(side), let token = tokenIndex, scores.indices.contains(token) else {
      return nil
    }
    return scores[token]
  }

  func calibration(_ side: Conversation.Side) -> LivePrompt.LayerCalibration? {
    guard let both = calibrations[layerNumber] else { return nil }
    return both.indices.contains(side.rawValue) ? both[side.rawValue] : both.last
  }
}
