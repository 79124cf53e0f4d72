import SeerWidgets

/// The screens as the first line names them, with what goes on there.
struct ScreenTabs {
  private let state: AppState

  init(_ state: AppState) { self.state = state }

  private var tabs: [ScreenHeader.Tab] {
    state.registry.all.map { screen in
      let entry = screen.entry
      let keys = state.commands.first { $0.id == entry.command }?.keys
      return ScreenHeader.Tab(
        key: keys?.first?.symbol(ascii: state.theme.glyphs.isASCII) ?? "",
        name: screen.id.name.prefix(1).uppercased() + screen.id.name.dropFirst(),
        status: screen.status(state), isFront: screen.id == state.screen,
        isThere: screen.isThere(state))
    }
  }

  private var rect: Rect { Rect(x: 0, y: 0, width: state.size.width, height: 1) }

  private var header: ScreenHeader {
    ScreenHeader(rect, tabs, right: state.front.heading(state).right)
  }

  /// The screen whose tab is at a place.
  func screen(at place: Cursor) -> ScreenID? {
    header.tab(at: place).map { state.registry.all[$0].id }
  }

  func draw(into surface: inout Surface) {
    header.draw(state.front.heading(state).parts, state.theme, into: &surface)
  }
}

/// What a screen says in the first line.
package struct ScreenHeading: Equatable, Sendable {
  /// What it is about, the most needed first.
  package var parts: [String] = []
  /// How it is looked at.
  package var right = ""

  package init(parts: [String] = [], right: String = "") {
    self.parts = parts
    self.right = right
  }
}
