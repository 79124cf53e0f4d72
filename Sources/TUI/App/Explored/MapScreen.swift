import SeerWidgets

extension KeyContext {
  package static let map = KeyContext("map", isScreen: true)
  package static let concepts = KeyContext("concepts", isScreen: true)
  package static let compare = KeyContext("compare", isScreen: true)
  package static let search = KeyContext("search", isWriting: true)
}

extension KeyContexts {
  /// On the map, in its list of concepts, and over two maps.
  package static let maps: KeyContexts = [.map, .concepts, .compare]
}

/// A screen with a map of the run's rows, on which the cursor walks and which can be magnified.
package protocol MapScreen: Screen {
  /// The points on screen, one for each row.
  static func points(_ state: AppState) -> [SIMD2<Float>]?
  /// What the map is fitted by.
  static func bounds(_ state: AppState) -> WorldBounds?
  /// The cells of the map, or of one of two maps.
  static func panel(_ state: AppState) -> Size
  /// The layout that grows, where the map is by one.
  static func growing(_ state: AppState) -> GrowingLayout?
  /// The map being made.
  static func running(_ state: AppState) -> GrowingRun?
}

extension AppState {
  private var mapScreen: (any MapScreen.Type)? { front as? any MapScreen.Type ?? registry.maps }

  package var shownPoints: [SIMD2<Float>]? { mapScreen?.points(self) }
  package var mapBounds: WorldBounds? { mapScreen?.bounds(self) }
  var mapPanel: Size { mapScreen?.panel(self) ?? Size(width: 0, height: 0) }
  package var growing: GrowingLayout? { mapScreen?.growing(self) }
  package var running: GrowingRun? { mapScreen?.running(self) }

  /// Whether maps are drawn by pixels now: what moves is drawn by characters, of which a frame takes a
  /// tenth of the bytes, and so are shades, which are characters.
  package var drawsPixels: Bool {
    pixels.way != nil && theme.depth != .mono && tick == nil && explore.walk.play == nil
      && running.map(\.isPaused) ?? true && explore.look.marks != .density
  }
}
