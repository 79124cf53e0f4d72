import Foundation
import SeerSupport
import SeerWidgets

/// Commands for the interface, one a line, in place of a person.
///
///     resize 120x40
///     key l
///     wait idle
///     save-screen layer.txt
///     quit
package struct Script: Equatable, Sendable {
  package enum Step: Equatable, Sendable {
    case key(Key)
    case text(String)
    case mouse(Mouse)
    case waitIdle
    /// Frames of what moves by itself.
    case tick(Int)
    case saveScreen(String)
    /// Adds the screen to the film, to be shown for so many milliseconds.
    case film(Int)
    case saveFilm(String)
    case resize(Size)
    case quit
  }

  package var steps: [Step]

  /// Reads a script file.
  package static func read(_ path: String) throws(Failure) -> Script {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput, file: path, found: "no such file", wanted: "a script",
        advice: "Check the path.")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.badData, file: path, found: "an unreadable file", wanted: "a script")
    }
    return try Script(String(decoding: data, as: UTF8.self), file: path)
  }

  /// - Throws: at the first line that is no command, naming the line, what it says, and what
  ///   would be right. Empty lines and lines that start with `#` are skipped.
  package init(_ text: String, file: String) throws(Failure) {
    steps = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      steps.append(try Self.step(line, file: file, number: index + 1))
    }
  }

  private static func step(_ line: String, file: String, number: Int) throws(Failure) -> Step {
    let word = line.prefix { $0 != " " }
    let rest = line.dropFirst(word.count).trimmingCharacters(in: .whitespaces)
    func bad(_ wanted: String) -> Failure {
      Failure(
        .badData, file: file, place: "line \(number)", found: "'\(line)'", wanted: wanted,
        advice: "Correct the line; # starts a comment.")
    }
    switch word {
    case "key":
      guard let key = Key(name: rest) else {
        throw bad("a key: one character, or a name such as Up, Enter, Ctrl-c or F1")
      }
      return .key(key)
    case "type":
      guard !rest.isEmpty else { throw bad("text after 'type'") }
      return .text(rest)
    case "mouse":
      let parts = rest.split(separator: " ")
      guard parts.count == 3, let x = Int(parts[0]), let y = Int(parts[1]), x >= 0, y >= 0,
        let action = Mouse.Action(rawValue: String(parts[2]))
      else {
        let actions = Mouse.Action.allCases.map(\.rawValue).joined(separator: ", ")
        throw bad("mouse X Y ACTION: a column and a row counted from 0, and one of \(actions)")
      }
      return .mouse(Mouse(place: Cursor(x: x, y: y), action: action))
    case "wait":
      guard rest == "idle" else { throw bad("'wait idle'") }
      return .waitIdle
    case "tick":
      guard let count = Int(rest), (1...10_000).contains(count) else {
        throw bad("'tick' and a number of frames from 1 to 10000")
      }
      return .tick(count)
    case "save-screen":
      guard !rest.isEmpty else { throw bad("a file after 'save-screen'") }
      return .saveScreen(rest)
    case "film":
      guard let time = Int(rest), (1...60_000).contains(time) else {
        throw bad("'film' and how long the screen is shown, from 1 to 60000 milliseconds")
      }
      return .film(time)
    case "save-film":
      guard rest.hasSuffix(".svg") else { throw bad("a file ending in .svg after 'save-film'") }
      return .saveFilm(rest)
    case "resize":
      let parts = rest.split(separator: "x", omittingEmptySubsequences: false)
      guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]),
        (1...1000).contains(width), (1...1000).contains(height)
      else { throw bad("resize WIDTHxHEIGHT, each from 1 to 1000") }
      return .resize(Size(width: width, height: height))
    case "quit":
      guard rest.isEmpty else { throw bad("'quit' alone") }
      return .quit
    default:
      throw bad("key, type, mouse, wait idle, tick, save-screen, film, save-film, resize or quit")
    }
  }

  /// Plays the script to its end, or until something in it leaves the interface.
  package func play(in session: Session) throws(Failure) {
    var film = Film()
    for step in steps {
      guard session.ending == nil else { return }
      _ = session.handlePosted()
      switch step {
      case .key(let key): session.handle(.key(key))
      case .text(let text):
        for scalar in text.unicodeScalars { session.handle(.key(.character(scalar))) }
      case .mouse(let mouse): session.handle(.mouse(mouse))
      case .waitIdle: session.waitUntilIdle()
      case .tick(let count): for _ in 0..<count { session.handle(.tick) }
      case .saveScreen(let path): try session.saveScreen(path)
      case .film(let time): film.add(render(session.state), milliseconds: time)
      case .saveFilm(let path):
        try session.write(film.svg(isLight: session.state.theme.isLight), to: path)
      case .resize(let size): session.handle(.resize(size))
      case .quit: session.end(.quit)
      }
    }
    session.end(.quit)
  }
}
