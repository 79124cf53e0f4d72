import SeerSupport

/// The unigram language model (Kudo 2018): of all ways to cut a word into tokens, the one whose
/// scores (log probabilities) sum to the most.
package struct UnigramModel: Sendable {
  private let scores: [Double]
  /// The token of characters that no token begins with; -1 where there is none.
  private let unknown: Int32
  private let unknownScore: Double
  private let longest: Int
  private let isUsable: [Bool]

  /// - isUsable: whether text can be cut into a token; others stand for no ordinary text.
  init(scores: [Double], unknown: Int32, longest: Int, isUsable: [Bool]) {
    self.scores = scores
    self.unknown = unknown
    self.longest = longest
    self.isUsable = isUsable
    // As SentencePiece: ten below the worst.
    unknownScore = (scores.min() ?? 0) - 10
  }

  /// The tokens of a word with the byte each begins at; unknown characters in a row are one token.
  ///
  /// O(n m) for n bytes and tokens of up to m.
  func tokens(
    of word: UnsafeBufferPointer<UInt8>, _ vocabulary: Vocabulary.View
  ) -> [(id: Int32, range: Range<Int>)] {
    struct Path {
      var score = -Double.infinity
      var start = -1
      var id: Int32 = -1
    }
    var best = [Path](repeating: Path(), count: word.count + 1)
    best[0].score = 0
    var start = 0
    while start < word.count {
      let width = max(1, min(UTF8Bytes.width(lead: word[start]), word.count - start))
      let before = best[start].score
      var coversCharacter = false
      var hash = Vocabulary.Hash()
      for end in start + 1...min(word.count, start + max(longest, 1)) {
        hash = hash.appending(word[end - 1])
        let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: word[start..<end]), hash)
        guard id >= 0, isUsable[Int(id)] else { continue }
        let score = before + scores[Int(id)]
        if best[end].start < 0 || score > best[end].score {
          best[end] = Path(score: score, start: start, id: id)
        }
        coversCharacter = coversCharacter || end == start + width
      }
      if !coversCharacter {
        let end = start + width
        let score = before + unknownScore
        if best[end].start < 0 || score > best[end].score {
          best[end] = Path(score: score, start: start, id: unknown)
        }
      }
      start += width
    }
    var result: [(id: Int32, range: Range<Int>)] = []
    var end = word.count
    while end > 0 {
      let path = best[end]
      // Unreachable: every character has at least the unknown token.
      guard path.start >= 0, path.start < end else { break }
      if path.id == unknown, let last = result.last, last.id == unknown {
        result[result.count - 1].range = path.start..<last.range.upperBound
      } else {
        result.append((path.id, path.start..<end))
      }
      end = path.start
    }
    return result.reversed()
  }
}
