extension String {
  /// What a key does to a line that is only written at its end.
  package mutating func type(_ key: Key) {
    switch key {
    case .character(let scalar): unicodeScalars.append(scalar)
    case .backspace: if !isEmpty { unicodeScalars.removeLast() }
    case .control("u"): self = ""
    default: break
    }
  }
}
