/// What follows an Esc, character by character, until its sequence is whole (ECMA-48, 5.3 to 5.6): a key's,
/// or what a terminal answers. One that nobody knows is taken as a whole, so that its letters are no keys.
package struct EscapeSequence: Equatable, Sendable {
  package enum Step: Equatable, Sendable {
    /// It goes on.
    case more
    /// It is complete, this character included.
    case whole
    /// It has ended before this character, which is none of it.
    case alien
  }

  private enum Part {
    case start
    /// After `ESC [`: parameters and what follows them, up to a letter.
    case control
    /// After `ESC O`, or what the Linux console sends for F1 to F5: one character.
    case last
    /// After `ESC ]` and others: up to BEL or ST.
    case string
    /// Inside a string after another Esc.
    case stringEnd
    /// After `ESC (` and others.
    case intermediate
  }

  private var part = Part.start
  /// Longer ones are nobody's: what comes then counts anew.
  private static let longest = 256

  /// What has come, without what ends a string.
  package private(set) var text = ""

  package init() {}

  package mutating func take(_ scalar: Unicode.Scalar) -> Step {
    // Ctrl-c leaves wherever it is pressed.
    guard scalar.value != 3, text.unicodeScalars.count < Self.longest else { return .alien }
    switch part {
    case .start: return start(scalar)
    case .control:
      guard (0x20...0x7E).contains(scalar.value) else { return .alien }
      text.unicodeScalars.append(scalar)
      if text == "[[" {
        part = .last
        return .more
      }
      return scalar.value < 0x40 ? .more : .whole
    case .last:
      guard scalar.value >= 0x20 else { return .alien }
      text.unicodeScalars.append(scalar)
      return .whole
    case .string:
      switch scalar.value {
      // BEL, ST, and what gives a string up: CAN, SUB.
      case 0x07, 0x9C, 0x18, 0x1A: return .whole
      case 0x1B: part = .stringEnd
      default: text.unicodeScalars.append(scalar)
      }
      return .more
    case .stringEnd: return .whole
    case .intermediate:
      guard (0x20...0x7E).contains(scalar.value) else { return .alien }
      text.unicodeScalars.append(scalar)
      return scalar.value < 0x30 ? .more : .whole
    }
  }

  private mutating func start(_ scalar: Unicode.Scalar) -> Step {
    // Esc twice is a key twice, and the keys of control characters are never lost, but for those that
    // have a name: Alt with Enter is none of ours.
    let isNamed = [8, 9, 10, 13].contains(scalar.value)
    guard scalar.value >= 0x20 || isNamed else { return .alien }
    text.unicodeScalars.append(scalar)
    switch scalar {
    case "[": part = .control
    case "O": part = .last
    case "]", "_", "P", "^", "X": part = .string
    default:
      guard (0x20...0x2F).contains(scalar.value) else { return .whole }
      part = .intermediate
    }
    return .more
  }
}

extension Key {
  /// The key of a sequence of xterm's, without its Esc; nil: none of ours. curses knows them, where they
  /// come in one piece.
  package init?(sequence: String) {
    let letters: [Character: Key] = [
      "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "P": .function(1),
      "Q": .function(2), "R": .function(3), "S": .function(4),
    ]
    let numbers: [String: Key] = [
      "1": .home, "2": .insert, "3": .delete, "4": .end, "5": .pageUp, "6": .pageDown, "7": .home,
      "8": .end, "15": .function(5), "17": .function(6), "18": .function(7), "19": .function(8),
      "20": .function(9), "21": .function(10), "23": .function(11), "24": .function(12),
    ]
    let others: [String: Key] = [
      "[Z": .backTab, "[1;2A": .shiftUp, "[1;2B": .shiftDown, "[1;2C": .shiftRight,
      "[1;2D": .shiftLeft,
    ]
    if let key = others[sequence] {
      self = key
    } else if sequence.count == 2, let first = sequence.first, first == "O" || first == "[",
      let key = sequence.last.flatMap({ letters[$0] })
    {
      self = key
    } else if sequence.hasPrefix("["), sequence.hasSuffix("~"),
      let key = numbers[String(sequence.dropFirst().dropLast())]
    {
      self = key
    } else {
      return nil
    }
  }
}
