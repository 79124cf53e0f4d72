/// Where everything of the Explore screen is. The map gets what the rest does not need.
struct ExploreLayout: Equatable, Sendable {
  var header = Rect()
  /// With its border; without one where there is no room for it.
  var map = Rect()
  var mapInside = Rect()
  var legend = Rect()
  var detail = Rect()
  var strip = Rect()
  var footer = Rect()
  /// Panels beside the map, with borders; else lines below it.
  var isWide = false

  init(_ state: AppState) {
    self.init(size: state.size, concepts: state.explore.concepts.count)
  }

  init(size: Size, concepts: Int) {
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

  var mapHasBorder: Bool { map != mapInside }
}
