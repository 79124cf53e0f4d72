import Foundation
import SeerApp
import SeerSupport
import SeerWidgets

/// The terminal interface.
package enum Explorer {
  /// Opens the interface, or plays the script in it, and returns when it is left.
  ///
  /// - Throws: a failure that tells what is wrong with a run, the script or the terminal; nothing
  ///   has been drawn then.
  @discardableResult
  package static func run(_ options: ExplorerOptions) throws(Failure) -> Ending {
    let script = try options.script.map { path throws(Failure) in try Script.read(path) }
    return try run(options, Workspace(options), script: script)
  }

  package static func run(
    _ options: ExplorerOptions, _ workspace: Workspace, script: Script?
  ) throws(Failure) -> Ending {
    let mailbox = try Mailbox()
    if let script {
      let environment = options.environment
      let depth = ColorDepth.detected(colors: 256, isDirect: false, environment: environment)
      let theme = Theme(
        depth: options.colors ?? depth, isLight: options.isLight ?? false,
        glyphs: options.ascii ?? false ? .ascii : .braille)
      var state = workspace.state(
        Screens.registry, size: Size(width: 80, height: 24), theme: theme)
      if options.startsTour { state.explore.tour = Tour() }
      let session = Session(state, workspace, engine: Engine(), mailbox: mailbox)
      defer { session.close() }
      try script.play(in: session)
      return session.ending ?? .quit
    }
    let terminal = try Terminal(
      wake: mailbox.writeEnd, mouse: options.isMouseOn, name: options.environment["TERM"])
    defer { terminal.stop() }
    var state = workspace.state(
      Screens.registry, size: terminal.size, theme: theme(options, terminal),
      isMouseOn: options.isMouseOn)
    state.isGroundSaid = options.isLight != nil || options.environment["COLORFGBG"] != nil
    state.pixels = Pixels(options.pixels)
    if options.startsTour { state.explore.tour = Tour() }
    var problems: [String] = []
    let views = ViewStore(environment: options.environment)
    do throws(Failure) {
      if let view = try views?.read(workspace.run.folder) { state.explore.restore(view) }
    } catch {
      problems.append("What was kept of this run cannot be read: it is made anew when you leave.")
    }
    do throws(Failure) {
      state.commands = try Keymap.read(Keymap.path(options.environment), for: Screens.registry)
    } catch {
      // One line has no room for the folder.
      var failure = error
      failure.file = "keys.conf"
      problems.append(failure.description)
    }
    if let problem = problems.first {
      state.message = AppState.Message(text: problem, isError: true)
    }
    let session = Session(state, workspace, engine: Engine(niceness: 5), mailbox: mailbox)
    session.views = views
    defer { session.keepView() }
    // For the test of the crash handler: nothing a user can type may end like this.
    if options.environment["SEER_CRASH"] != nil { fatalError("a crash was asked for") }
    if TerminalAnswer.canBeAsked(options.environment["TERM"] ?? "") {
      terminal.ask(TerminalAnswer.question(pixels: state.pixels.isAsked))
    }
    let ending = TerminalLoop(session, terminal).run()
    let farewells = session.state.registry.all.compactMap { $0.farewell(session.state) }
    session.close()
    // The terminal layer keeps it until the screen is given back.
    for text in farewells { FileHandle.standardError.write(Data((text + "\n").utf8)) }
    return ending
  }

  private static func theme(_ options: ExplorerOptions, _ terminal: Terminal) -> Theme {
    let environment = options.environment
    let glyphs: GlyphLevel
    switch options.ascii {
    case true?: glyphs = .ascii
    case false?: glyphs = .braille
    case nil:
      glyphs = .detected(utf8: Terminal.localeIsUTF8, terminal: environment["TERM"] ?? "")
    }
    let depth = ColorDepth.detected(
      colors: terminal.colors, isDirect: terminal.hasDirectColor, environment: environment)
    return Theme(
      depth: options.colors ?? depth,
      isLight: options.isLight ?? Theme.isLight(environment: environment),
      glyphs: glyphs)
  }
}
