/// Where keys are read: the top of the stack gets them first.
package struct KeyContext: Hashable, Sendable {
  package let name: String
  /// Whether a screen itself gets the keys, rather than something that lies over it.
  package let isScreen: Bool
  /// Where characters are text: only other keys do something.
  package let isWriting: Bool

  package init(_ name: String, isScreen: Bool = false, isWriting: Bool = false) {
    self.name = name
    self.isScreen = isScreen
    self.isWriting = isWriting
  }

  package static func == (a: KeyContext, b: KeyContext) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The contexts of a command.
package enum KeyContexts: Sendable, ExpressibleByArrayLiteral {
  case only([KeyContext])
  /// On every screen, while nothing lies over it.
  case screens
  case everywhere

  package init(arrayLiteral elements: KeyContext...) { self = .only(elements) }

  package func contains(_ context: KeyContext) -> Bool {
    switch self {
    case .only(let contexts): contexts.contains(context)
    case .screens: context.isScreen
    case .everywhere: true
    }
  }

  /// Whether it is this context and no other.
  package func isOnly(_ context: KeyContext) -> Bool {
    if case .only(let contexts) = self { contexts == [context] } else { false }
  }

  package var isEmpty: Bool {
    if case .only(let contexts) = self { contexts.isEmpty } else { false }
  }
}
