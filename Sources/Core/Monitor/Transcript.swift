import Foundation

/// A scored chat, for keeping and showing.
package struct Transcript: Codable, Equatable, Sendable {
  package struct Scores: Codable, Equatable, Sendable {
    package struct Entry: Codable, Equatable, Sendable {
      package var concept: String
      package var score: Float

      package init(concept: String, score: Float) {
        self.concept = concept
        self.score = score
      }
    }

    /// The likeliest concept, or `unknown`.
    package var top: String
    package var scores: [Entry]

    package init(top: String, scores: [Entry]) {
      self.top = top
      self.scores = scores
    }

    /// The score of the likeliest concept.
    package var best: Float { scores.map(\.score).max() ?? 0 }
  }

  package struct Token: Codable, Equatable, Sendable {
    package var text: String
    package var scores: Scores?

    package init(text: String, scores: Scores?) {
      self.text = text
      self.scores = scores
    }
  }

  package struct Message: Codable, Equatable, Sendable {
    package var role: String
    /// `base` or `tuned`, for answers.
    package var writer: String?
    /// What the answer was steered by: concept, strength and layer.
    package var steering: String?
    package var text: String
    /// Of all its words together.
    package var scores: Scores?
    package var tokens: [Token]

    package init(
      role: String, writer: String?, steering: String? = nil, text: String, scores: Scores?,
      tokens: [Token]
    ) {
      self.role = role
      self.writer = writer
      self.steering = steering
      self.text = text
      self.scores = scores
      self.tokens = tokens
    }

    /// Who says it, and under what steering.
    package var title: String {
      (writer ?? role) + (steering.map { ", steered: \($0)" } ?? "")
    }
  }

  package var model: String
  package var adapter: String?
  /// Whose states were scored: `base` or `tuned`.
  package var scoredBy: String
  package var layer: Int
  package var concepts: [String]
  package var messages: [Message]

  package enum CodingKeys: String, CodingKey {
    case model, adapter
    case scoredBy = "scored_by"
    case layer, concepts, messages
  }

  package init(
    model: String, adapter: String?, scoredBy: String, layer: Int, concepts: [String],
    messages: [Message]
  ) {
    self.model = model
    self.adapter = adapter
    self.scoredBy = scoredBy
    self.layer = layer
    self.concepts = concepts
    self.messages = messages
  }

  /// One JSON object, keys sorted.
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { return "" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private var source: String {
    "\(model)\(adapter.map { " + \($0)" } ?? ""), layer \(layer), scored: \(scoredBy)"
  }

  /// A heading and the text of each message, with its likeliest concept and a table of all.
  package var markdown: String {
    var page = "# Scored chat\n\n\(Self.plain(source))\n"
    for message in messages {
      page += "\n## \(Self.plain(message.title))"
      if let scores = message.scores {
        page += " · \(Self.plain(scores.top)) \(Self.figure(scores.best))"
      }
      page += "\n\n"
      for line in message.text.split(separator: "\n", omittingEmptySubsequences: false) {
        page += "> \(Self.plain(String(line)))\n"
      }
      guard let scores = message.scores else { continue }
      page += "\n| concept | score |\n|---|---|\n"
      for entry in scores.scores {
        page += "| \(Self.plain(entry.concept)) | \(Self.figure(entry.score)) |\n"
      }
    }
    return page
  }

  private static func figure(_ score: Float) -> String { String(format: "%.2f", Double(score)) }

  /// Text that Markdown shows as it is.
  private static func plain(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if "\\`*_{}[]<>#|~".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// A page of its own: every token coloured by its likeliest concept, with all scores on hover.
  package var html: String {
    var body = ""
    for message in messages {
      body += "<h2>\(Self.escaped(message.title))"
      if let scores = message.scores {
        body += " <small>\(Self.escaped(scores.top)) \(Self.figure(scores.best))</small>"
      }
      body += "</h2>\n<p>"
      if message.tokens.isEmpty { body += Self.escaped(message.text) }
      for token in message.tokens {
        guard let scores = token.scores else {
          body += Self.escaped(token.text)
          continue
        }
        let place = concepts.firstIndex { $0.utf8.elementsEqual(scores.top.utf8) }
        let title = scores.scores.map { "\($0.concept) \(Self.figure($0.score))" }
          .joined(separator: ", ")
        body += "<span class=\"\(place.map { "c\($0 % Self.colors.count)" } ?? "u")\""
        body += " title=\"\(Self.escaped(title))\">\(Self.escaped(token.text))</span>"
      }
      body += "</p>\n"
    }
    var legend = ""
    for (place, concept) in concepts.enumerated() {
      legend += "<span class=\"c\(place % Self.colors.count)\">\(Self.escaped(concept))</span> "
    }
    var style = "body{font:16px/1.7 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    style += "p{white-space:pre-wrap}.u{color:#767676}"
    for (place, color) in Self.colors.enumerated() {
      style += ".c\(place){border-bottom:3px solid \(color)}"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Scored chat</title>
      <style>\(style)</style></head>
      <body><h1>Scored chat</h1>
      <p>\(Self.escaped(source))</p>
      <p>\(legend)</p>
      \(body)</body></html>

      """
  }

  /// Okabe and Ito's, for colour-blind readers, too.
  private static let colors = [
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#999999", "#d55e00", "#0072b2",
  ]

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
