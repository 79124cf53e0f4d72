import SeerWidgets

/// The whole interface.
package struct AppState: Sendable {
  /// What lies over whatever screen is in front.
  package enum Overlay: Equatable, Sendable {
    case help(scroll: Int)
    case palette(query: String, index: Int)
  }

  package struct Message: Equatable, Sendable {
    package var text: String
    package var isError: Bool

    package init(text: String, isError: Bool) {
      self.text = text
      self.isError = isError
    }
  }

  package let registry: ScreenRegistry
  package var size: Size
  package var theme: Theme
  /// Which screen is in front. Each keeps its state while another is.
  package var screen: ScreenID
  /// The run that is explored: what every screen speaks of.
  package var explore: ExploreState
  /// What the other screens know, by the type of it.
  private var slices: [ObjectIdentifier: any Sendable] = [:]
  package var overlay: Overlay?
  package var message: Message?
  package var isMouseOn = true
  /// Whether the user has said how light the ground is: then the terminal is not listened to.
  package var isGroundSaid = false
  /// What the terminal's pixels can be used for.
  package var pixels = Pixels(.off)
  /// Whether leaving was asked for, and the next time means it.
  package var isLeaving = false
  /// How many runs there are to explore, and which one is.
  package var runs = 1
  package var run = 0
  /// What keys do: the usual table, or with a user's own keys.
  package var commands: [Command]

  package init(
    _ registry: ScreenRegistry, size: Size, theme: Theme, explore: ExploreState,
    isMouseOn: Bool = true
  ) {
    self.registry = registry
    screen = registry.all[0].id
    commands = registry.commands
    self.size = size
    self.theme = theme
    self.explore = explore
    self.isMouseOn = isMouseOn
  }

  /// What a screen knows; nil where it has nothing to show.
  package subscript<Slice: Sendable>(_ slice: Slice.Type) -> Slice? {
    get { slices[ObjectIdentifier(slice)] as? Slice }
    set { slices[ObjectIdentifier(slice)] = newValue }
  }

  package static let smallest = Size(width: 40, height: 12)
  var isTooSmall: Bool {
    size.width < Self.smallest.width || size.height < Self.smallest.height
  }

  /// Whether a run is open; else there is only what can be opened.
  package var hasRun: Bool { !explore.run.layers.isEmpty }

  /// The screen in front.
  package var front: any Screen.Type { registry[screen] }

  /// The screens that have something to show, in the order of their keys.
  package var screens: [ScreenID] { registry.all.filter { $0.isThere(self) }.map { $0.id } }

  /// What text stands on, 0xRRGGBB, as far as that is known.
  package var ground: UInt32 { pixels.ground ?? (theme.isLight ? 0xFFFFFF : 0) }

  /// Takes over what the terminal says of itself.
  mutating func hear(_ answer: TerminalAnswer) {
    if case .ground(let color) = answer, !isGroundSaid, theme.depth != .mono {
      theme.isLight = color.isLightColor
    }
    pixels.hear(answer)
  }

  /// Who gets the next key.
  package var context: KeyContext {
    switch overlay {
    case .help: .help
    case .palette: .palette
    case nil: front.context(self)
    }
  }

  /// Whether something is still being computed or moving, for `wait idle`.
  package var isBusy: Bool {
    registry.all.contains { $0.isBusy(self) } || front.motion(self)?.ends ?? false
  }

  /// How soon the state wants to change by itself; nil: it rests, and costs nothing.
  package var tick: Duration? { front.motion(self)?.interval }
}
