/// What the user wants of the terminal's pixels.
package enum PixelChoice: String, CaseIterable, Sendable {
  /// As the terminal says.
  case auto
  case off, kitty, sixel
}

/// What the terminal's pixels can be used for, as far as it has said.
package struct Pixels: Equatable, Sendable {
  /// How pictures are sent.
  package enum Way: Equatable, Sendable {
    /// Kitty's graphics protocol: pictures lie beneath the text.
    case kitty
    /// DEC's sixel graphics: text and pictures overwrite one another.
    case sixel
  }

  private let choice: PixelChoice
  private var knowsKitty = false
  private var knowsSixel = false
  /// The size of a cell in pixels, where the terminal has told it.
  private var told: Size?
  /// The colour that text stands on, 0xRRGGBB.
  package private(set) var ground: UInt32?

  package init(_ choice: PixelChoice) { self.choice = choice }

  /// Whether the terminal has to be asked.
  package var isAsked: Bool { choice != .off }

  package mutating func hear(_ answer: TerminalAnswer) {
    switch answer {
    case .ground(let color): ground = color
    case .kitty: knowsKitty = true
    case .cell(let size): told = size
    case .attributes(let hasSixel): knowsSixel = hasSixel
    }
  }

  /// Nil: maps are drawn by characters.
  package var way: Way? {
    switch choice {
    case .off: nil
    case .kitty: .kitty
    case .sixel: .sixel
    // Sixels are drawn pixel by pixel: of cells of another size they would cover others.
    case .auto: knowsKitty ? .kitty : knowsSixel && told != nil ? .sixel : nil
    }
  }

  /// The size of a cell in pixels; a usual one where the terminal does not tell.
  package var cell: Size { told ?? Size(width: 10, height: 20) }
}
