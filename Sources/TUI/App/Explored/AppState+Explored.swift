import SeerWidgets

/// What more than one screen does with the run that is explored.
extension AppState {
  /// Magnifies around a place of the map panel, else around the cursor, which stays where it is.
  package mutating func zoom(_ factor: Float, around place: SIMD2<Float>?) {
    let panel = mapPanel
    guard let points = shownPoints, let bounds = mapBounds else { return }
    let before = Viewport(bounds: bounds, view: explore.look.view, size: panel)
    let anchor: SIMD2<Float>
    if let place {
      anchor = before.world(place)
    } else if let cursor = explore.cursor, explore.isVisible(cursor) {
      anchor = points[cursor]
    } else {
      anchor = before.center
    }
    let range = View.zoomRange
    explore.look.view.zoom = min(
      range.upperBound, max(range.lowerBound, explore.look.view.zoom * factor))
    let after = Viewport(bounds: bounds, view: explore.look.view, size: panel)
    // Columns per half-width: pan is in units of it.
    let unit = max(0.5, Float(panel.width - 1)) / 2 / (after.scale / explore.look.view.zoom)
    let moved = (anchor - before.center) * (1 - before.scale / after.scale)
    explore.look.view.pan += moved / unit
    if abs(explore.look.view.zoom - 1) < 0.01 { explore.look.view = .whole }
  }

  /// - Parameter what: the text's name, for the message.
  package mutating func copy(_ text: String, _ what: String) -> [Effect] {
    guard text.utf8.count <= 75_000 else {
      message = Message(
        text: "Terminals take 75 kB at most: select less, or export it (X).", isError: true)
      return []
    }
    message = Message(text: "Copied \(what).", isError: false)
    return [.copy(text)]
  }

  /// Says what a word on the screen means.
  package mutating func explain(_ place: Cursor) {
    message = Glossary.explanation(at: place, self).map { Message(text: $0, isError: false) }
  }

  mutating func receive(_ result: Result<NearestRows, Problem>) {
    explore.neighbours.isFinding = false
    switch result {
    case .success(let nearest):
      explore.neighbours.keep(nearest)
      explore.fillNearest()
    case .failure(let problem):
      // Asked again at another layer: what is broken here stays so.
      explore.neighbours.failed = true
      if problem != .cancelled { message = Message(text: problem.text, isError: true) }
    }
  }

  mutating func receive(run: Int, _ result: Result<Embedding, Problem>) {
    if let problem = explore.growing.receive(run: run, result) {
      explore.chart.method = .principal
      message = Message(text: problem.text, isError: true)
    } else if let embedding = explore.embedding, embedding.run == run {
      tell(embedding)
    }
  }

  /// What is on of a layout's options.
  package mutating func tellTurned(_ layout: GrowingLayout, _ turned: [String]) {
    let text = turned.isEmpty ? "no options" : turned.joined(separator: ", ")
    message = Message(text: "\(layout.layout.title): \(text)", isError: false)
  }

  /// What the user should know of a map once it is done.
  package mutating func tell(_ embedding: Embedding) {
    guard embedding.isDone, !embedding.notes.isEmpty else { return }
    message = Message(text: embedding.notes.joined(separator: " "), isError: false)
  }
}
