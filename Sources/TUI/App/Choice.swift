extension CaseIterable where Self: Equatable {
  /// The choice after this one, around: what a key goes through.
  package var next: Self {
    let all = Array(Self.allCases)
    let index = all.firstIndex(of: self) ?? 0
    return all[(index + 1) % all.count]
  }
}
