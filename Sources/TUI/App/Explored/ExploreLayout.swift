import SeerWidgets

/// Where everything of the Explore screen is. The map gets what the rest does not need.
package struct ExploreLayout: Equatable, Sendable {
  package var header = Rect()
  /// With its border; without one where there is no room for it.
  package var map = Rect()
  package var mapInside = Rect()
  package var legend = Rect()
  package var detail = Rect()
  package var strip = Rect()
  package var footer = Rect()
  /// Panels beside the map, with borders; else lines below it.
  package var isWide = false

  package init(_ state: AppState) {
    self.init(size: state.size, concepts: state.explore.run.concepts.count)
  }

  package init(size: Size, concepts: Int) {
    var rest = Rect(x: 0, y: 0, width: size.width, height: size.height)
    header = rest.takeTop(1)
    footer = rest.takeBottom(1)
    strip = rest.takeBottom(size.height >= 30 ? 2 : 1)
    isWide = size.width >= 76 && size.height >= 16
    if isWide {
      var side = rest.takeRight(max(28, min(52, size.width / 3)))
      map = rest
      mapInside = rest.inside
      // At least six lines for the text; long lists of concepts scroll.
      legend = side.takeTop(min(concepts + 2, max(5, side.height - 9)))
      detail = side
    } else {
      let lines = max(2, min(9, rest.height / 4))
      detail = rest.takeBottom(lines)
      legend = rest.takeBottom(1)
      map = rest
      mapInside = rest.height >= 12 ? rest.inside : rest
    }
  }

  package var mapHasBorder: Bool { map != mapInside }
}
