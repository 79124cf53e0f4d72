extension AppState {
  /// Who gets the next key.
  package var context: Command.Context {
    switch overlay {
    case .help: return .help
    case .palette: return .palette
    case .figures: return .figures
    case nil: break
    }
    if explore.search?.isEditing ?? false { return .search }
    if screen == .explore {
      if explore.exporting != nil { return .exporting }
      if explore.naming != nil { return .naming }
      if explore.list != nil { return .list }
      if explore.selecting != nil { return .select }
    }
    return screenContext
  }

  /// Who gets keys when nothing lies over the screen.
  var screenContext: Command.Context {
    switch screen {
    case .explore: explore.focus == .concepts ? .concepts : .map
    case .compare: .compare
    case .prompt: prompt?.focus == .tokens ? .tokens : .prompt
    case .train: train?.status == .setup ? .form : .training
    case .start: .start
    }
  }
}
