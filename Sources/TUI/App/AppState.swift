/// Which screen is shown. Each keeps its state while another is in front.
package enum Screen: String, CaseIterable, Sendable {
  case explore, compare, prompt, train, start
}

/// The whole interface.
package struct AppState: Sendable {
  package enum Overlay: Equatable, Sendable {
    case help(scroll: Int)
    case palette(query: String, index: Int)
    /// All figures of the layer and what they mean, the one at the index in full.
    case figures(index: Int, scroll: Int)
  }

  package struct Message: Equatable, Sendable {
    package var text: String
    package var isError: Bool
  }

  package var size: Size
  package var theme: Theme
  package var screen = Screen.explore
  package var explore: ExploreState
  /// The first run beside a second one; nil without one.
  package var compare: CompareState?
  /// A chat with the run's model; nil where that is not at hand.
  package var prompt: PromptState?
  package var train: TrainState?
  package var start = StartState()
  package var overlay: Overlay?
  package var message: Message?
  package var isMouseOn = true
  /// How many runs there are to explore, and which one is.
  package var runs = 1
  package var run = 0
  /// What keys do: the usual table, or with a user's own keys.
  package var commands = Command.all

  package init(
    size: Size, theme: Theme, explore: ExploreState, compare: CompareState? = nil,
    prompt: PromptState? = nil, train: TrainState? = nil, isMouseOn: Bool = true
  ) {
    self.size = size
    self.theme = theme
    self.explore = explore
    self.compare = compare
    self.prompt = prompt
    self.train = train
    self.isMouseOn = isMouseOn
  }

  package static let smallest = Size(width: 40, height: 12)
  var isTooSmall: Bool {
    size.width < Self.smallest.width || size.height < Self.smallest.height
  }

  /// Whether a run is open; else there is only what can be opened.
  package var hasRun: Bool { !explore.layers.isEmpty }

  /// The screens that have something to show, in the order of their keys.
  package var screens: [Screen] {
    Screen.allCases.filter { screen in
      switch screen {
      case .explore: hasRun
      case .start: true
      case .compare: compare != nil
      case .prompt: prompt != nil
      case .train: train != nil
      }
    }
  }

  /// The points on screen, one for each row.
  package var shownPoints: [SIMD2<Float>]? {
    switch screen {
    case .explore, .prompt, .train, .start: explore.shownPoints
    case .compare: compare?.points(explore.layer)
    }
  }

  /// What the map is fitted by.
  package var mapBounds: WorldBounds? {
    switch screen {
    case .explore, .prompt, .train, .start: explore.shownPoints.flatMap(WorldBounds.ofMap)
    case .compare: compare?.bounds(explore.layer)
    }
  }

  /// The cells of the map, or of one of two maps.
  var mapPanel: Size {
    switch screen {
    case .explore, .prompt, .train, .start: ExploreLayout(self).mapInside.size
    case .compare: CompareLayout(self).panels.first?.size ?? Size(width: 0, height: 0)
    }
  }

  var isTSNE: Bool {
    screen == .compare ? compare?.method != .principal : explore.method == .tsne
  }
  /// The t-SNE map being made for the screen in front.
  package var running: TSNERun? { screen == .compare ? compare?.running : explore.running }

  /// Whether something is still being computed or moving, for `wait idle`.
  package var isBusy: Bool {
    explore.isBusy || (compare?.isBusy(at: explore.layer) ?? false) || (prompt?.isBusy ?? false)
      || (train?.isBusy ?? false) || start.isBusy || isMoving
  }

  /// Whether a training elsewhere is followed: that ends by itself only with it.
  var isWatching: Bool { screen == .train && train?.status == .watching }

  /// Whether a movement is on its way that ends by itself.
  var isMoving: Bool { screen == .compare && compare?.morph != nil }

  /// How soon the state wants to change by itself; nil: it rests, and costs nothing.
  package var tick: Duration? {
    switch screen {
    case .explore: explore.tick
    case .compare: isMoving ? .milliseconds(33) : nil
    case .train: train?.status == .watching ? .seconds(1) : nil
    case .prompt, .start: nil
    }
  }
}
