/// Something that the transport account predicts, and whether the rows bear it out.
package struct TransportFinding: Equatable, Sendable, Codable {
  package var position: String
  package var layer: Int
  /// A sentence on two figures, the first of which ought to be below the second.
  package var claim: String
  package var first: Double
  package var second: Double
  package var holds: Bool

  private init(_ account: TransportAccount, _ claim: String, _ first: Double, _ second: Double) {
    position = account.position
    layer = account.layer
    self.claim = claim
    self.first = first
    self.second = second
    holds = first < second
  }

  /// The claims that can be made of two accounts of one layer, or of the base model's alone.
  ///
  /// The bound itself speaks of representations that have not seen the training rows: it holds for
  /// the base model by proof, for a model tuned on these rows only by measurement.
  package static func all(base: TransportAccount, tuned: TransportAccount?) -> [TransportFinding] {
    var findings: [TransportFinding] = []
    func add(_ claim: String, _ first: Double?, _ second: Double?) {
      guard let first, let second else { return }
      findings.append(TransportFinding(base, claim, first, second))
    }
    for (name, account) in [("base", base)] + (tuned.map { [("tuned", $0)] } ?? []) {
      add(
        "\(name): a concept is nearer to itself than to the others on held-out rows (k-variance, "
          + "Wasserstein-1)", account.test.kVariance, account.test.wasserstein)
      add(
        "\(name): the held-out error is below the bound", 1 - account.test.accuracy,
        account.bound.total)
      add("\(name): the bound says something, being below 1", account.bound.total, 1)
    }
    guard let tuned else { return findings }
    add(
      "tuning lowers k-variance over Wasserstein-1 on held-out rows (tuned, base)",
      tuned.test.ratio, base.test.ratio)
    add(
      "tuning raises the normalised margin on training rows (base, tuned)",
      base.train.normalisedMargin, tuned.train.normalisedMargin)
    add(
      "tuning raises the normalised margin on held-out rows (base, tuned)",
      base.test.normalisedMargin, tuned.test.normalisedMargin)
    add("tuning lowers the bound (tuned, base)", tuned.bound.total, base.bound.total)
    add(
      "tuning lowers the held-out error (tuned, base)", 1 - tuned.test.accuracy,
      1 - base.test.accuracy)
    add(
      "tuning lowers the generalisation gap, as a larger normalised margin predicts (tuned, base)",
      tuned.gap, base.gap)
    return findings
  }
}
