import SeerWidgets

/// The concepts' names on a map, at the middle of their rows: the median along each axis, which a few far
/// rows do not move. A name that finds no free place near it is left out; the list has it.
package struct ClusterNames {
  private let explore: ExploreState
  /// The cursor's place, which no name covers.
  private let cursor: SIMD2<Float>?
  private let centres: [(concept: Int, point: SIMD2<Float>)]

  /// O(rows), with sorts of at most 256 rows of a concept.
  package init(_ points: [SIMD2<Float>], _ explore: ExploreState) {
    self.explore = explore
    cursor = explore.cursor.flatMap { points.indices.contains($0) ? points[$0] : nil }
    var members = [[Int]](repeating: [], count: explore.run.concepts.count)
    for row in points.indices where explore.isVisible(row) && explore.isMatch(row) {
      members[Int(explore.run.conceptOfRow[row])].append(row)
    }
    centres = members.indices.compactMap { concept in
      let rows = members[concept]
      guard !rows.isEmpty else { return nil }
      let some = stride(from: 0, to: rows.count, by: max(1, rows.count / 256)).map { rows[$0] }
      func median(_ axis: Int) -> Float {
        some.map { points[$0][axis] }.sorted()[some.count / 2]
      }
      return (concept, SIMD2(median(0), median(1)))
    }
  }

  package func draw(
    _ viewport: Viewport, _ panel: Rect, _ theme: Theme, into surface: inout Surface
  ) {
    var taken =
      cursor.flatMap(viewport.cell).map {
        [Rect(x: panel.x + $0.x, y: panel.y + $0.y, width: 1, height: 1)]
      } ?? []
    for (concept, point) in centres {
      guard let cell = viewport.cell(point) else { continue }
      let name = explore.run.concepts[concept].name
      let text = Text.cut(
        Text.visible(name.isEmpty ? "(no concept)" : name, ascii: theme.glyphs.isASCII),
        to: min(20, panel.width - 4), ellipsis: theme.glyphs.ellipsis)
      // The mark, the name, and a blank around them.
      let width = DisplayWidth.of(text) + 4
      let x = max(panel.x, min(panel.maxX - width, panel.x + cell.x - width / 2))
      let place = [0, -1, 1, -2, 2].lazy.map {
        Rect(x: x, y: panel.y + cell.y + $0, width: width, height: 1)
      }.first { place in
        place.y >= panel.y && place.y < panel.maxY
          && !taken.contains { $0.y == place.y && $0.x < place.maxX && place.x < $0.maxX }
      }
      guard let place else { continue }
      taken.append(place)
      surface.fill(place, .plain)
      surface.put(theme.glyphs.mark(concept), place.x + 1, place.y, theme.concept(concept))
      surface.write(text, place.x + 3, place.y, theme.style(.strong))
    }
  }
}
