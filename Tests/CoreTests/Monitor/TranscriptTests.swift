import Foundation
import SeerMonitor
import Testing

@Suite struct TranscriptTests {
  private let transcript = Transcript(
    model: "tiny", adapter: nil, scoredBy: "base", layer: 3, concepts: ["a<b", "c"],
    messages: [
      Transcript.Message(
        role: "user", writer: nil, text: "1 < 2 & *so*\n| on",
        scores: Transcript.Scores(
          top: "a<b",
          scores: [
            Transcript.Scores.Entry(concept: "a<b", score: 0.75),
            Transcript.Scores.Entry(concept: "c", score: 0.25),
          ]),
        tokens: [
          Transcript.Token(
            text: "<script>",
            scores: Transcript.Scores(
              top: "c", scores: [Transcript.Scores.Entry(concept: "c", score: 1)])),
          Transcript.Token(text: "\"x\"", scores: nil),
        ])
    ])

  @Test func jsonReadsBack() throws {
    let data = Data(transcript.json.utf8)
    #expect(try JSONDecoder().decode(Transcript.self, from: data) == transcript)
  }

  /// Nothing that was written in a chat is taken for a page's own.
  @Test func textsAreEscaped() {
    let html = transcript.html
    #expect(!html.contains("<script>") && html.contains("&lt;script&gt;"))
    #expect(html.contains("&quot;x&quot;") && html.contains("a&lt;b"))
    let markdown = transcript.markdown
    #expect(markdown.contains("> 1 \\< 2 & \\*so\\*\n> \\| on"))
    #expect(markdown.contains("| a\\<b | 0.75 |"))
  }
}
