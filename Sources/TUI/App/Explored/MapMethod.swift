import SeerProjection

/// How a layer is laid out on the map.
package enum MapMethod: Hashable, Sendable {
  case principal
  /// By a layout that grows step by step, begun from the principal components.
  case growing(GrowingLayout)
  /// Along concepts that the user chooses.
  case concepts

  package var growing: GrowingLayout? {
    if case .growing(let layout) = self { layout } else { nil }
  }

  /// As a saved view has it. A map that grows takes a while: it is made again when it is asked for.
  var savedName: String { self == .concepts ? "concept axes" : "PCA" }
}

/// A layout of the registry that grows step by step, told from others by its name.
package struct GrowingLayout: Hashable, Sendable {
  package let layout: any IterativeLayout

  /// What a key goes through, in the registry's order.
  package static let all = Layouts.iterative.map { GrowingLayout(layout: $0) }

  /// What keys change and headers tell, where there is something.
  package var option: LayoutOption? { layout.options.first(where: \.isCaptioned) }

  package static func == (a: Self, b: Self) -> Bool { a.layout.name == b.layout.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(layout.name) }

  /// The choice after the current one, around; those that rows are too few for are passed over, and
  /// the first of them says why.
  ///
  /// - Parameters:
  ///   - runs: whose rows they are, before "3".
  ///   - layout: the choice's; nil where any rows will do.
  package static func next<Choice: Equatable>(
    after current: Choice, of choices: [Choice], rows: Int, _ runs: String,
    layout layoutOf: (Choice) -> GrowingLayout?
  ) -> (choice: Choice, problem: String?) {
    var problem: String?
    let index = choices.firstIndex(of: current) ?? 0
    for choice in choices[(index + 1)...] + choices[...index] {
      guard let layout = layoutOf(choice)?.layout, rows < layout.leastRows else {
        return (choice, problem)
      }
      problem =
        problem ?? "\(layout.title) needs at least \(layout.leastRows) rows; \(runs) \(rows)."
    }
    return (current, problem)
  }
}

/// What maps have in common that follow one another from layer to layer.
package struct GrowingKind: Hashable, Sendable {
  /// Whose states are laid out.
  package enum Form: String, Hashable, Sendable {
    /// One run's.
    case single = ""
    /// Two runs', all together: a row's two states pull each other.
    case joint
    /// Two runs', each by its own neighbourhoods, the second from the arrangement of the first.
    case aligned
  }

  package var layout: GrowingLayout
  package var form: Form

  package init(_ layout: GrowingLayout, _ form: Form = .single) {
    self.layout = layout
    self.form = form
  }

  package var title: String {
    form == .single ? layout.layout.title : "\(form.rawValue) \(layout.layout.title)"
  }
}
