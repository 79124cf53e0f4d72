import Foundation
import TestSupport
import Testing

/// The real binary in a real terminal.
@Suite(.serialized, .enabled(if: Tmux.isInstalled, "tmux is not installed"))
struct TerminalTests {
  private func explore(
    _ width: Int = 80, _ height: Int = 24, _ options: String = "",
    environment: [String: String] = [:], _ body: (Tmux) throws -> Void
  ) throws {
    let run = try RunFixture()
    defer { run.remove() }
    let tmux = try Tmux(width, height, environment: environment)
    try tmux.explore(run, options)
    try body(tmux)
  }

  @Test func startKeysResizeQuit() throws {
    try explore { tmux in
      try tmux.wait("the first row") { $0.contains("row 0") && $0.contains("layer 3/4") }
      #expect(try tmux.isOnAlternateScreen())
      try tmux.keys("l", "j", "j")
      try tmux.wait("layer 4 and row 2") { $0.contains("layer 4/4") && $0.contains("row 2") }
      for (width, height) in [(120, 40), (40, 12), (60, 20), (300, 100), (80, 24)] {
        try tmux.resize(width, height)
      }
      try tmux.wait("the map at 80 x 24") { $0.contains("╭─ concepts") && $0.contains("? help") }
      try tmux.resize(10, 5)
      try tmux.wait("its sizes") { $0.contains("too small") && $0.contains("need 40x12") }
      try tmux.resize(80, 24)
      try tmux.keys("?")
      try tmux.wait("the help") { $0.contains("Previous layer") }
      try tmux.keys("Escape")
      try tmux.wait("no help") { !$0.contains("Previous layer") }
      try tmux.keys("q")
      try tmux.expectSaneShell(code: 0)
    }
  }

  @Test func controlCQuits() throws {
    try explore { tmux in
      try tmux.keys("C-c")
      try tmux.expectSaneShell(code: 130)
    }
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGINT]) func signalsQuit(signal: Int32) throws {
    try explore { tmux in
      kill(try tmux.child(), signal)
      try tmux.expectSaneShell(code: 130)
    }
  }

  @Test func suspendAndResume() throws {
    try explore { tmux in
      try tmux.keys("j")
      try tmux.wait("row 1") { $0.contains("row 1 ") }
      try tmux.keys("C-z")
      try tmux.wait("the shell's word") { $0.contains("Stopped") || $0.contains("Suspended") }
      #expect(try tmux.isOnAlternateScreen() == false)
      try tmux.resize(90, 26)
      try tmux.run("fg")
      try tmux.wait("the map again") { $0.contains("row 1 ") && $0.contains("? help") }
      try tmux.keys("j")
      try tmux.wait("row 2") { $0.contains("row 2 ") }
      try tmux.keys("q")
      try tmux.wait("the shell") { $0.contains("$") && !$0.contains("? help") }
      #expect(try tmux.isOnAlternateScreen() == false)
    }
  }

  @Test func aCrashLeavesASaneTerminalAndItsMessage() throws {
    let run = try RunFixture()
    defer { run.remove() }
    let tmux = try Tmux(100, 40, environment: ["SWIFT_BACKTRACE": "enable=no"])
    try tmux.run("clear; SEER_CRASH=1 \(Tmux.seer) explore --run \(run.folder); echo code=$?")
    // The typed line itself ends in `code=$?`: only a digit is the answer.
    try tmux.wait("the end") { $0.contains("code=1") }
    #expect(try tmux.screen().contains("a crash was asked for"))
    #expect(try tmux.isOnAlternateScreen() == false)
    try tmux.run("clear; stty -a | grep -qw -- -echo; echo echo=$?")
    try tmux.wait("an echoing terminal") { $0.contains("echo=1") }
  }

  @Test(arguments: ["xterm-256color", "screen", "linux", "vt100", "tmux-256color"])
  func terminals(name: String) throws {
    try explore(environment: ["TERM": name]) { tmux in
      try tmux.keys("l")
      try tmux.wait("layer 4") { $0.contains("layer 4/4") }
      if name == "vt100" {
        #expect(try tmux.screen().unicodeScalars.allSatisfy { $0.isASCII })
      }
      try tmux.keys("q")
      try tmux.expectSaneShell(code: 0)
    }
  }

  /// A terminal that takes 24 bits of colour by number, as xterm-direct does.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tic")))
  func directColor() throws {
    let run = try RunFixture()
    defer { run.remove() }
    let color = { (digit: Int) in
      "\\E[%?%p1%{8}%<%t\(digit)%p1%d%e\(digit)8;2;%p1%{65536}%/%d;"
        + "%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"
    }
    let entry =
      "seer-direct|24 bits of colour,\n\tRGB, colors#0x1000000, pairs#0x7FFF,\n"
      + "\tsetaf=\(color(3)),\n\tsetab=\(color(4)),\n\tuse=xterm-256color,\n"
    try Data(entry.utf8).write(to: URL(fileURLWithPath: run.folder + "/direct.ti"))
    let tmux = try Tmux(100, 30)
    try tmux.run("cd \(run.folder) && tic -x -o terminfo direct.ti; echo made=$?")
    try tmux.wait("a terminal's description") { $0.contains("made=0") }
    try tmux.run(
      "clear; TERM=seer-direct TERMINFO=$PWD/terminfo \(Tmux.seer) explore --run \(run.folder); "
        + "echo code=$?")
    try tmux.wait("the map") { $0.contains("layers") && $0.contains("quit") }
    // The first concept's colour, to the last bit.
    #expect(try tmux.screen(colors: true).contains("38;2;230;159;0"))
    try tmux.keys("q")
    try tmux.expectSaneShell(code: 0)
  }

  @Test func noColor() throws {
    try explore(environment: ["NO_COLOR": "1", "TERM": "xterm-256color"]) { tmux in
      let screen = try tmux.screen(colors: true)
      #expect(!screen.contains("[38;5;") && !screen.contains("[31m"))
      try tmux.keys("q")
    }
    try explore(environment: ["TERM": "xterm-256color"]) { tmux in
      #expect(try tmux.screen(colors: true).contains("[38;5;"))
      try tmux.keys("q")
    }
  }

  @Test func localeWithoutUTF8IsASCII() throws {
    try explore(environment: ["LANG": "C", "LC_ALL": "C"]) { tmux in
      #expect(try tmux.screen().unicodeScalars.allSatisfy { $0.isASCII })
      try tmux.keys("q")
    }
  }

  @Test func theMouseChoosesLayers() throws {
    try explore(environment: ["TERM": "xterm-256color"]) { tmux in
      // SGR report: left button pressed and released on layer 0, first in the strip.
      try tmux.keys("-l", "\u{1B}[<0;9;23M\u{1B}[<0;9;23m")
      try tmux.wait("layer 0") { $0.contains("layer 0/4") }
      try tmux.keys("q")
      try tmux.expectSaneShell(code: 0)
    }
  }

  /// Button 3 goes down, moves and goes up: the rows inside are selected, and keys go on.
  @Test func theRightButtonSelects() throws {
    try explore(environment: ["TERM": "xterm-256color"]) { tmux in
      try tmux.keys("-l", "\u{1B}[<2;3;4M")
      try tmux.wait("a selection on its way") { $0.contains("Esc give up") }
      try tmux.keys("-l", "\u{1B}[<2;50;20m")
      try tmux.wait("rows selected") { $0.contains(" selected") && $0.contains("rows: ") }
      try tmux.keys("j")
      try tmux.wait("row 1") { $0.contains("row 1 ") }
      try tmux.keys("q")
      try tmux.expectSaneShell(code: 0)
    }
  }

  /// The terminal's own cursor stands on the map's, and where text is typed.
  @Test func theCursorIsTheTerminals() throws {
    try explore(environment: ["TERM": "tmux-256color"]) { tmux in
      func cursor() throws -> [Int] {
        try tmux.tmux(["display", "-p", "-t", "s", "#{cursor_x} #{cursor_y} #{cursor_flag}"])
          .split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
      }
      try tmux.wait("a cursor on the map") { _ in
        let place = try cursor()
        return place.count == 3 && place[0] < 52 && (2...21).contains(place[1]) && place[2] == 1
      }
      try tmux.keys("/")
      try tmux.keys("-l", "abc")
      try tmux.wait("a cursor behind the text") { _ in try cursor() == [5, 23, 1] }
      try tmux.keys("Escape")
      try tmux.wait("the map's hints") { $0.contains("? help") }
      try tmux.keys("?")
      try tmux.wait("no cursor") { _ in try cursor().last == 0 }
      try tmux.keys("Escape")
      try tmux.wait("a cursor on the map again") { _ in try cursor().last == 1 }
      try tmux.keys("q")
      try tmux.expectSaneShell(code: 0)
      #expect(try cursor().last == 1, "the shell has it again")
    }
  }

  @Test(arguments: [("TERM=nonsense", "nonsense"), ("TERM=", "TERM"), ("TERM=dumb", "dumb")])
  func badTerminals(setting: String, said: String) throws {
    let run = try RunFixture()
    defer { run.remove() }
    let tmux = try Tmux(100, 30)
    try tmux.run("clear; \(setting) \(Tmux.seer) explore --run \(run.folder); echo code=$?")
    try tmux.wait("exit code 64") { $0.contains("code=64") }
    #expect(try tmux.screen().contains(said))
  }

  @Test func theViewIsThereNextTime() throws {
    let run = try RunFixture()
    defer { run.remove() }
    let tmux = try Tmux(80, 24)
    try tmux.explore(run)
    try tmux.keys("h", "j", "j", "B", "q")
    try tmux.expectSaneShell(code: 0)
    try tmux.explore(run)
    try tmux.wait("layer 2 and row 2") { $0.contains("layer 2/4") && $0.contains("row 2 ") }
    try tmux.keys("q")
    try tmux.expectSaneShell(code: 0)
    try tmux.run("for f in $XDG_STATE_HOME/seer/views/*; do echo broken > $f; done")
    try tmux.run("clear; \(Tmux.seer) explore --run \(run.folder); echo code=$?")
    try tmux.wait("layer 3, and what is wrong") {
      $0.contains("layer 3/4") && $0.contains("cannot be read")
    }
    try tmux.keys("q")
    try tmux.expectSaneShell(code: 0)
  }

  @Test func ownKeys() throws {
    let run = try RunFixture()
    defer { run.remove() }
    let tmux = try Tmux(100, 24)
    try tmux.run("mkdir -p $XDG_CONFIG_HOME/seer")
    try tmux.run("echo 'nextLayer = Ctrl-x' > $XDG_CONFIG_HOME/seer/keys.conf")
    try tmux.explore(run)
    try tmux.keys("C-x")
    try tmux.wait("layer 4") { $0.contains("layer 4/4") }
    try tmux.keys("q")
    try tmux.expectSaneShell(code: 0)
    try tmux.run("echo 'nextLayer = j' > $XDG_CONFIG_HOME/seer/keys.conf")
    try tmux.run("clear; \(Tmux.seer) explore --run \(run.folder); echo code=$?")
    try tmux.wait("the conflict") { $0.contains("keys.conf") && $0.contains("j for both") }
    try tmux.keys("l")
    try tmux.wait("the usual keys") { $0.contains("layer 4/4") && $0.contains("quit") }
    try tmux.keys("q")
    try tmux.expectSaneShell(code: 0)
  }

  @Test func noTerminal() throws {
    let run = try RunFixture()
    defer { run.remove() }
    let tmux = try Tmux(100, 30)
    try tmux.run("clear; \(Tmux.seer) explore --run \(run.folder) < /dev/null; echo code=$?")
    try tmux.wait("exit code 64") { $0.contains("code=64") }
    #expect(try tmux.screen().contains("no terminal"))
  }
}
