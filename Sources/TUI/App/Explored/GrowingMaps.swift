import SeerProjection
import SeerWidgets

/// A map that is being made.
package struct GrowingRun: Equatable, Sendable {
  package let number: Int
  package let kind: GrowingKind
  package let layer: Int
  package fileprivate(set) var isPaused = false
}

/// A screen's maps that grow step by step: what there is of every kind and layer, and which is being
/// made. Finished ones stay until what they are made with changes.
package struct GrowingMaps: Sendable {
  private var maps: [GrowingKind: [Int: Embedding]] = [:]
  private var settings: [GrowingLayout: LayoutSettings] = [:]
  package private(set) var running: GrowingRun?
  private var lastRun = 0

  package init() {}

  /// A layer's map as far as it is.
  package subscript(kind: GrowingKind, layer: Int) -> Embedding? { maps[kind]?[layer] }

  package func settings(of layout: GrowingLayout) -> LayoutSettings {
    settings[layout] ?? LayoutSettings()
  }

  package var isBusy: Bool { running.map { !$0.isPaused } ?? false }

  /// Begins a layer's map: from a layout to go on from, or from the arrangement of the nearest
  /// finished map of its kind, so that maps of layers resemble each other as far as layers do, or from
  /// principal components.
  ///
  /// - Parameter concepts: of the rows, for what is begun from them.
  package mutating func start(
    _ kind: GrowingKind, layer: Int, from layout: [SIMD2<Float>]? = nil,
    principal: [SIMD2<Float>]?, concepts: RowConcepts
  ) -> LayoutStart? {
    let finished = (maps[kind] ?? [:]).values.filter { $0.layer != layer && $0.isDone }
    // Of two as near, always the same: a dictionary has no order.
    let nearest = finished.min {
      (abs($0.layer - layer), $0.layer) < (abs($1.layer - layer), $1.layer)
    }
    guard let points = layout ?? nearest?.layout ?? principal else { return nil }
    lastRun += 1
    running = GrowingRun(number: lastRun, kind: kind, layer: layer)
    var settings = settings(of: kind.layout)
    if settings[.start] != LayoutOption.start.standard { settings.concepts = concepts }
    return LayoutStart(
      run: lastRun, kind: kind, layer: layer, points: points, goesOn: layout != nil,
      settings: settings)
  }

  /// Gives up the map that is being made; what there is of it goes, so that it is begun afresh later.
  ///
  /// - Returns: whether there was one.
  package mutating func stop() -> Bool {
    guard let running else { return false }
    maps[running.kind]?[running.layer] = nil
    self.running = nil
    return true
  }

  /// - Returns: whether it is paused now; nil where nothing is being made.
  package mutating func pause() -> Bool? {
    running?.isPaused.toggle()
    return running?.isPaused
  }

  /// Changes what keys change of a layout. Its maps go, but for one that stays on screen until the
  /// first picture of the next.
  ///
  /// - Returns: false, with nothing changed, at the end of the option's range.
  package mutating func step(_ layout: GrowingLayout, by factor: Double, keeping shown: Embedding?)
    -> Bool
  {
    guard let option = layout.option else { return false }
    var changed = settings(of: layout)
    changed[option] = option.stepped(changed[option], by: factor)
    guard changed != settings(of: layout) else { return false }
    settings[layout] = changed
    forget(layout)
    if var shown {
      shown.isDone = false
      maps[shown.kind] = [shown.layer: shown]
    }
    return true
  }

  /// Another seed for a layout; its maps go.
  package mutating func reseed(_ layout: GrowingLayout) -> UInt64 {
    var changed = settings(of: layout)
    changed.seed += 1
    settings[layout] = changed
    forget(layout)
    return changed.seed
  }

  /// Turns the layout's options on and off that keys turn, through all their combinations; its maps go.
  ///
  /// - Returns: what is on now, as headings have it; nil where the layout has no such options.
  package mutating func turnOptions(_ layout: GrowingLayout) -> [String]? {
    let options = layout.layout.options.filter { $0.turnedOn != nil }
    guard !options.isEmpty else { return nil }
    var changed = settings(of: layout)
    // Like a number in binary: the first that is off goes on, those before it off.
    for option in options {
      let isOn = changed[option] != option.standard
      changed[option] = isOn ? option.standard : option.turnedOn ?? option.standard
      if !isOn { break }
    }
    settings[layout] = changed
    forget(layout)
    return Self.turned(layout, changed)
  }

  private static func turned(_ layout: GrowingLayout, _ settings: LayoutSettings) -> [String] {
    layout.layout.options.filter { $0.turnedOn != nil && settings[$0] != $0.standard }
      .map { "\($0.name) \($0.text(settings[$0]))" }
  }

  private mutating func forget(_ layout: GrowingLayout) {
    maps = maps.filter { $0.key.layout != layout }
  }

  /// What has come of a run. One that was given up is not listened to.
  ///
  /// - Returns: why the map that was being made cannot be.
  package mutating func receive(run: Int, _ result: Result<Embedding, Problem>) -> Problem? {
    guard let running, running.number == run else { return nil }
    switch result {
    case .success(let embedding):
      maps[embedding.kind, default: [:]][embedding.layer] = embedding
      if embedding.isDone { self.running = nil }
      return nil
    case .failure(let problem):
      self.running = nil
      return problem
    }
  }

  /// A kind's title, what it is made with, and how far a layer's map is.
  package func heading(
    _ kind: GrowingKind, layer: Int, titled title: String? = nil, withOption: Bool, _ glyphs: Glyphs
  ) -> String {
    var heading = title ?? kind.title
    if withOption, let option = kind.layout.option {
      heading += " \(option.name) \(option.text(settings(of: kind.layout)[option]))"
    }
    if withOption {
      for text in Self.turned(kind.layout, settings(of: kind.layout)) { heading += ", " + text }
    }
    guard let map = self[kind, layer] else { return heading + glyphs.separator + "starting" }
    guard !map.isDone else { return heading }
    let word = running.map { $0.isPaused ? "paused" : "live" } ?? "paused"
    return heading + "\(glyphs.separator)\(word) \(map.iteration)/\(map.iterations)"
  }
}
