import SeerAnalysis
import SeerApp
import SeerWidgets

/// Where everything of the Compare screen is.
package struct CompareLayout: Equatable, Sendable {
  package var header = Rect()
  /// One map or two, with their borders where there is room for them.
  package var frames: [Rect] = []
  /// The maps themselves.
  package var panels: [Rect] = []
  /// Figures, confusions or rows that moved; empty where there is no room.
  package var figures = Rect()
  var detail = Rect()
  package var strip = Rect()

  package init(_ state: AppState) {
    var rest = Rect(x: 0, y: 0, width: state.size.width, height: state.size.height)
    header = rest.takeTop(1)
    _ = rest.takeBottom(1)
    strip = rest.takeBottom(2)
    detail = rest.takeBottom(state.size.height >= 24 ? 2 : 1)
    if state.compare?.panel ?? .summary == .summary {
      if state.size.height >= 14 {
        figures = rest.takeBottom(max(1, min(Self.lines(state) + 1, rest.height / 3)))
      }
    } else if state.size.height >= 18 {
      figures = rest.takeBottom(max(6, min(Self.lines(state) + 1, rest.height * 2 / 5)))
    }
    if case .one = state.compare?.shown ?? .both {
      frames = [rest]
    } else {
      let right = rest.takeRight(rest.width / 2)
      frames = [rest, right]
    }
    panels = frames.map { hasBorders($0) ? $0.inside : Self.belowTitle($0) }
  }

  /// The lines that the panel below the maps would fill, without its heading.
  private static func lines(_ state: AppState) -> Int {
    switch state.compare?.panel ?? .summary {
    case .summary:
      let concepts = state.explore.run.concepts.count
      if let runs = state.compare?.runs, runs.isShown, concepts > 1 {
        return RunPanelsView.lines(concepts, runs: runs.names.count, width: state.size.width)
      }
      return concepts > 1 ? CompareSummary.lines(concepts, width: state.size.width) : 0
    case .figures:
      let tables = ComparePanels.tables(state.size.width)
      return (SeparationMetric.principal.count + tables - 1) / tables
    case .confusion: return state.explore.run.concepts.count + 1
    case .moved: return 9
    }
  }

  func hasBorders(_ frame: Rect) -> Bool { frame.height >= 9 }

  private static func belowTitle(_ frame: Rect) -> Rect {
    var rest = frame
    _ = rest.takeTop(1)
    return rest
  }
}
