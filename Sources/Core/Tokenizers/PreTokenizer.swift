/// Cuts text into the words that the model's merges never cross.
///
/// Steps are applied one after the other, each to the pieces the one before left: what a
/// pattern's lookahead sees ends with its piece.
package struct PreTokenizer: Sendable {
  /// What becomes of the matches of a pattern.
  package enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// Which pieces get the replacement of a space put before them.
  package enum PrependScheme: String, Sendable {
    case always, never, first
  }

  package enum Step: Sendable {
    /// `inverted`: what lies between matches counts as the match.
    case split(Pattern, Behavior, inverted: Bool)
    /// Writes spaces as SentencePiece does, and cuts before each where `splits`.
    case metaspace(replacement: [UInt8], PrependScheme, splits: Bool)
    /// Puts a space before every piece that begins with none.
    case prefixSpace
  }

  package var steps: [Step]

  package init(_ steps: [Step] = []) { self.steps = steps }

  /// The byte ranges of the words in a text, in order; steps may rewrite the text.
  package func split(_ text: inout NormalizedText, with matcher: Pattern.Matcher) -> [Range<Int>] {
    var pieces = text.bytes.isEmpty ? [] : [0..<text.bytes.count]
    for step in steps {
      switch step {
      case .split(let pattern, let behavior, let inverted):
        pieces = text.bytes.withUnsafeBufferPointer { bytes in
          var finer: [Range<Int>] = []
          finer.reserveCapacity(pieces.count + bytes.count / 8)
          for piece in pieces {
            let part = UnsafeBufferPointer(rebasing: bytes[piece])
            if behavior == .isolated {
              pattern.split(part, base: piece.lowerBound, with: matcher, into: &finer)
            } else {
              Self.split(
                pattern.pieces(part, with: matcher), behavior, inverted: inverted,
                base: piece.lowerBound, into: &finer)
            }
          }
          return finer
        }
      case .metaspace(let replacement, let scheme, let splits):
        pieces = Self.metaspace(&text, pieces, replacement, scheme, splits: splits)
      case .prefixSpace:
        pieces = Self.prefixed(&text, pieces)
      }
    }
    return pieces
  }

  private static func split(
    _ parts: [Pattern.Piece], _ behavior: Behavior, inverted: Bool, base: Int,
    into pieces: inout [Range<Int>]
  ) {
    var ranges: [Range<Int>] = []
    var wasMatch = false
    // Merging with the next is merging with the previous from the end.
    let order = behavior == .mergedWithNext ? parts.reversed() : parts
    for part in order {
      let isMatch = part.isMatch != inverted
      defer { wasMatch = isMatch }
      let joins =
        switch behavior {
        case .removed, .isolated: false
        case .mergedWithPrevious, .mergedWithNext: isMatch && !wasMatch
        case .contiguous: isMatch == wasMatch
        }
      if behavior == .removed && isMatch { continue }
      if joins, let last = ranges.popLast() {
        ranges.append(
          min(last.lowerBound, part.range.lowerBound)..<max(last.upperBound, part.range.upperBound))
      } else {
        ranges.append(part.range)
      }
    }
    if behavior == .mergedWithNext { ranges.reverse() }
    pieces += ranges.map { base + $0.lowerBound..<base + $0.upperBound }
  }

  private static func metaspace(
    _ text: inout NormalizedText, _ pieces: [Range<Int>], _ replacement: [UInt8],
    _ scheme: PrependScheme, splits: Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    text.rebuild { old, new in
      for piece in pieces {
        var start = new.count
        let begins =
          old.bytes[piece].first == 0x20 || old.bytes[piece].starts(with: replacement)
        let prepends =
          switch scheme {
          case .always: !begins
          case .never: false
          case .first: !begins && old.origin(piece.lowerBound) == 0
          }
        if prepends { new.append(replacement, origin: old.origin(piece.lowerBound)) }
        var place = piece.lowerBound
        while place < piece.upperBound {
          let isSpace = old.bytes[place] == 0x20
          let isMark = isSpace || old.bytes[place..<piece.upperBound].starts(with: replacement)
          if splits, isMark, new.count > start {
            result.append(start..<new.count)
            start = new.count
          }
          if isMark {
            new.append(replacement, origin: old.origin(place))
            place += isSpace ? 1 : replacement.count
          } else {
            new.append(old.bytes[place], origin: old.origin(place))
            place += 1
          }
        }
        if new.count > start { result.append(start..<new.count) }
      }
    }
    return result
  }

  private static func prefixed(
    _ text: inout NormalizedText, _ pieces: [Range<Int>]
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    text.rebuild { old, new in
      for piece in pieces {
        let start = new.count
        if old.bytes[piece].first != 0x20 {
          new.append(0x20, origin: old.origin(piece.lowerBound))
        }
        for place in piece { new.append(old.bytes[place], origin: old.origin(place)) }
        result.append(start..<new.count)
      }
    }
    return result
  }
}
