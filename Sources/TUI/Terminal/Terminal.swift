import CNcurses
import Foundation
import SeerSupport

/// The real terminal: the only place that talks to curses.
///
/// One at a time, on the main thread. From ``start(wake:mouse:)`` until ``stop()`` the screen is
/// ours; suspend, signals and crashes give it back by themselves.
package final class Terminal {
  /// What has come of a paste that has not ended.
  private var pasted: String?
  /// Whether the terminal was asked something and has not answered all of it yet.
  private var awaitsAnswers = false
  /// What was read while looking for an answer and was none.
  private var unread: [sn_input] = []
  private var shown: Surface?
  /// Where the terminal takes ECMA-48's words; elsewhere curses writes the frames.
  private var writer: FrameWriter?
  private var pairs: [PairKey: Int32] = [:]
  private var nextPair: Int32 = 1
  package let colors: Int
  package let hasDirectColor: Bool

  private struct PairKey: Hashable {
    let foreground: Int32
    let background: Int32
  }

  /// Takes over the terminal.
  ///
  /// - Parameters:
  ///   - wake: a descriptor to which signals write a byte.
  ///   - name: the value of TERM, for the message.
  /// - Throws: a usage failure where stdin or stdout is no terminal, or TERM is unknown.
  package init(wake: Int32, mouse: Bool, name: String?) throws(Failure) {
    let advice =
      "Install its description (many are in the package ncurses-term), set TERM to what your "
      + "terminal is (xterm-256color is common), or use --script, which needs no terminal."
    switch sn_start(wake, mouse) {
    case SN_STARTED: break
    case SN_NO_TTY:
      throw Failure(
        .usage, found: "no terminal on standard input and output", wanted: "a terminal",
        advice: "Run it in a terminal, or with --script, which needs none.")
    case SN_NO_CURSOR_ADDRESSING:
      throw Failure(
        .usage, place: "TERM", found: "\(name ?? "nothing"), which cannot move its cursor",
        wanted: "a terminal that can", advice: advice)
    default:
      throw Failure(
        .usage, place: "TERM",
        found: name.map { $0.isEmpty ? "an empty value" : "'\($0)', an unknown terminal" }
          ?? "no value",
        wanted: "a terminal that terminfo knows", advice: advice)
    }
    colors = Int(sn_colors())
    hasDirectColor = sn_direct_color()
    if sn_is_ansi() { writer = FrameWriter(Self.means(colors: colors)) }
  }

  private static func means(colors: Int) -> FrameWriter.Means {
    func words(_ number: Int32, isForeground: Bool) -> String? {
      number < 0 ? nil : sn_color_words(number, isForeground).map { String(cString: $0) }
    }
    return FrameWriter.Means(
      pen: { style in
        var attributes = Int32(style.attributes.rawValue)
        let foreground = number(style.foreground, colors, &attributes, isForeground: true)
        let background = number(style.background, colors, &attributes, isForeground: false)
        return Pen(
          attributes: Style.Attributes(rawValue: UInt8(attributes)),
          foreground: words(foreground, isForeground: true) ?? Pen.plain.foreground,
          background: words(background, isForeground: false) ?? Pen.plain.background)
      },
      draws: { scalar, columns in
        scalar.isASCII ? columns == 1 : sn_columns(scalar.value) == columns
      },
      erasesCells: sn_erases_cells(), erasesLines: sn_erases_lines())
  }

  /// Whether the locale's characters are UTF-8.
  package static var localeIsUTF8: Bool { sn_locale_is_utf8() }

  /// The colours of a kind of terminal, none taken over; nil where terminfo does not know it.
  package static func colors(of name: String) -> Int? {
    let colors = sn_colors_of(name)
    return colors < 0 ? nil : Int(colors)
  }

  package var size: Size {
    var width: Int32 = 0
    var height: Int32 = 0
    sn_size(&width, &height)
    return Size(width: Int(width), height: Int(height))
  }

  /// Follows the terminal's size; call after a resize was signalled.
  package func followResize() {
    if sn_resize() { shown = nil }
  }

  /// Sends what differs from what is shown, and sequences of which curses knows nothing.
  package func present(_ surface: Surface, followedBy sequences: String = "") {
    let cursor = surface.cursor ?? Cursor(x: -1, y: -1)
    sn_set_cursor(Int32(cursor.y), Int32(cursor.x))
    if let cells = writer?.bytes(for: surface, over: shown) {
      sn_flush(cells, Int32(cells.count), sequences)
    } else {
      if shown?.size != surface.size { sn_invalidate() }
      surface.forEachChange(from: shown) { change in put(change) }
      sn_flush(nil, 0, sequences)
    }
    shown = surface
  }

  private func put(_ change: CellChange) {
    let cell = change.cell
    var scalars = (cell.scalar.value, cell.firstMark, cell.secondMark)
    let count: Int32 = cell.firstMark == 0 ? 1 : cell.secondMark == 0 ? 2 : 3
    var attributes = Int32(cell.style.attributes.rawValue)
    let pair = pair(for: cell.style, attributes: &attributes)
    withUnsafeBytes(of: &scalars) { bytes in
      sn_put(
        Int32(change.y), Int32(change.x), bytes.assumingMemoryBound(to: UInt32.self).baseAddress,
        count, Int32(cell.width), attributes, pair)
    }
  }

  /// The colour pair of a style, made when first used; the default pair when all are taken.
  private func pair(for style: Style, attributes: inout Int32) -> Int32 {
    let key = PairKey(
      foreground: Self.number(style.foreground, colors, &attributes, isForeground: true),
      background: Self.number(style.background, colors, &attributes, isForeground: false))
    if key.foreground < 0 && key.background < 0 { return 0 }
    if let pair = pairs[key] { return pair }
    // Terminals of 8 colours have 64 pairs.
    guard nextPair < (colors >= 256 ? 32_000 : 64) else { return 0 }
    let pair = nextPair
    nextPair += 1
    sn_set_pair(pair, key.foreground, key.background)
    pairs[key] = pair
    return pair
  }

  /// The terminal's number of a colour; -1: its own. Of eight colours the bright ones are bold.
  private static func number(
    _ color: Color, _ colors: Int, _ attributes: inout Int32, isForeground: Bool
  ) -> Int32 {
    if let value = color.directValue {
      // With direct colour the numbers 0...7 stay the ANSI colours.
      return Int32(max(8, value))
    }
    guard let index = color.paletteIndex, colors > 0 else { return -1 }
    if colors == 8 && index >= 8 {
      if isForeground { attributes |= Int32(Style.Attributes.bold.rawValue) }
      return Int32(index & 7)
    }
    return Int32(index)
  }

  /// Asks something of which the last answer is the terminal's attributes; the answers, where there are
  /// some, come as input, so that nobody waits for them.
  package func ask(_ question: String) {
    awaitsAnswers = true
    sn_send(question)
  }

  /// Gives a text to the clipboard, where the terminal takes it (OSC 52).
  package func copy(_ text: String) {
    sn_send("\u{1B}]52;c;\(Data(text.utf8).base64EncodedString())\u{07}")
  }

  private func next() -> sn_input { unread.isEmpty ? sn_read() : unread.removeFirst() }

  /// The sequence that an Esc has begun; nil: none, it is the key. Over a slow line a sequence comes in
  /// pieces: a twentieth of a second is waited for the next one at most, half of which curses has waited
  /// for the first.
  private func escaped() -> EscapeSequence? {
    var sequence = EscapeSequence()
    var milliseconds: Int32 = awaitsAnswers ? 50 : 25
    while true {
      var input = next()
      if input.kind == SN_NOTHING, sn_wait(milliseconds) { input = next() }
      milliseconds = 50
      if input.kind == SN_CHARACTER, let scalar = Unicode.Scalar(input.code) {
        switch sequence.take(scalar) {
        case .more: continue
        case .whole: return sequence
        case .alien: break
        }
      }
      if input.kind != SN_NOTHING { unread.insert(input, at: 0) }
      return sequence.text.isEmpty ? nil : sequence
    }
  }

  /// What a sequence that curses does not know, or that came in pieces, says; nil: nothing.
  private func meaning(of sequence: EscapeSequence) -> TerminalInput? {
    switch sequence.text {
    case "[200~":
      pasted = ""
      return nil
    case "[201~": return paste()
    default: break
    }
    if pasted != nil {
      pasted?.append("\u{1B}" + sequence.text)
      return nil
    }
    if awaitsAnswers, let kind = sequence.text.unicodeScalars.first,
      let answer = TerminalAnswer(kind, String(sequence.text.unicodeScalars.dropFirst()))
    {
      if case .attributes = answer { awaitsAnswers = false }
      return .answer(answer)
    }
    return Key(sequence: sequence.text).map(TerminalInput.key)
  }

  /// What was pasted, which has ended.
  private func paste() -> TerminalInput? {
    defer { pasted = nil }
    return pasted.map(TerminalInput.paste)
  }

  /// Waiting input, one piece; nil when there is none.
  package func read() -> TerminalInput? {
    while true {
      let input = next()
      switch input.kind {
      case SN_NOTHING: return nil
      case SN_RESIZED: return .resize(size)
      case SN_CHARACTER where input.code == 0x1B:
        guard let sequence = escaped() else {
          if pasted == nil { return .key(.escape) }
          pasted?.append("\u{1B}")
          continue
        }
        if let found = meaning(of: sequence) { return found }
      case SN_CHARACTER where pasted != nil && input.code != 3:
        // A terminal sends a line end as it would send Enter.
        if let scalar = Unicode.Scalar(input.code) {
          pasted?.unicodeScalars.append(scalar == "\r" ? "\n" : scalar)
        }
      case SN_KEY where input.code == SN_KEY_PASTE_START.rawValue: pasted = ""
      case SN_KEY where input.code == SN_KEY_PASTE_END.rawValue:
        if let text = paste() { return text }
      case SN_CHARACTER:
        guard let key = Self.key(character: input.code) else { continue }
        return .key(key)
      case SN_KEY:
        guard let key = Self.key(code: input.code) else { continue }
        return .key(key)
      case SN_MOUSE:
        guard let action = Self.action(input.code) else { continue }
        return .mouse(Mouse(place: Cursor(x: Int(input.x), y: Int(input.y)), action: action))
      default: return nil
      }
    }
  }

  package func setMouse(_ isOn: Bool) { sn_set_mouse(isOn) }

  /// Stops the process as Ctrl-Z does; returns when it is continued.
  package func suspend() {
    sn_suspend()
    shown = nil
  }

  /// Repaints everything at the next ``present(_:)``, after something else wrote on the screen.
  package func invalidate() { shown = nil }

  /// Whether a resize was signalled since the last call.
  package func takeResize() -> Bool { sn_take_resize() }

  /// The terminating signal that arrived since the last call, or nil.
  package func takeTermination() -> Int32? {
    let signal = sn_take_termination()
    return signal == 0 ? nil : signal
  }

  package func stop() { sn_stop() }
}
