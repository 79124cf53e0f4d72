/// Working memory that is kept between uses, for whoever comes next: a fresh matrix would cost its
/// pages each time.
public final class SpareMatrix: Sendable {
  /// An address, since a lock cannot hand out what it guards: whoever takes it is the only owner.
  private let kept = Locked<(address: UInt, count: Int)?>(nil)

  /// Keeps nothing yet.
  public init() {}

  deinit { _ = take() }

  /// A matrix of one row and at least so many columns, which holds anything.
  public func take(atLeast columns: Int) -> MatrixBuilder {
    if let spare = take(), spare.count >= columns { return spare }
    return MatrixBuilder(unfilled: 1, columns: columns)
  }

  /// Keeps it in place of what was kept.
  public func give(_ matrix: consuming MatrixBuilder) {
    let count = matrix.count
    let address = UInt(bitPattern: matrix.takeElements())
    let before = kept.withLock { kept in
      defer { kept = (address, count) }
      return kept
    }
    _ = before.flatMap(Self.matrix)
  }

  private func take() -> MatrixBuilder? {
    let spare = kept.withLock { kept in
      defer { kept = nil }
      return kept
    }
    return spare.flatMap(Self.matrix)
  }

  private static func matrix(_ kept: (address: UInt, count: Int)) -> MatrixBuilder? {
    UnsafeMutablePointer<Float>(bitPattern: kept.address)
      .map { MatrixBuilder(owning: $0, rows: 1, columns: kept.count) }
  }
}
