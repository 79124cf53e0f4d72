/// Every layout there is. Commands, recipes, figures, reports and screens offer what stands here, in
/// this order, and name none of them.
package enum Layouts {
  package static let all: [any Layout] = [
    PCALayout(),
    TSNELayout(),
    UMAPLayout(),
    PaCMAPLayout(),
    AxesLayout(),
  ]

  /// What is drawn where nothing else was asked for.
  package static var standard: any Layout { all[0] }

  /// Those whose maps can be watched while they grow.
  package static let iterative = all.compactMap { $0 as? any IterativeLayout }

  package static var names: [String] { all.map(\.name) }

  /// The layout of a name as commands and recipes write it.
  package static func named(_ name: String) -> (any Layout)? { all.first { $0.name == name } }

  /// The options of all layouts, one a name, with the layouts that read it.
  package static var options: [(option: LayoutOption, layouts: [any Layout])] {
    var found: [(option: LayoutOption, layouts: [any Layout])] = []
    for layout in all {
      for option in layout.options {
        if let place = found.firstIndex(where: { $0.option.name == option.name }) {
          found[place].layouts.append(layout)
        } else {
          found.append((option, [layout]))
        }
      }
    }
    return found
  }

  /// The figures of all layouts, one a key.
  package static var figures: [LayoutFigure] {
    var found: [LayoutFigure] = []
    for figure in all.flatMap(\.figures) where !found.contains(where: { $0.key == figure.key }) {
      found.append(figure)
    }
    return found
  }
}
