import SeerSupport
import Testing

/// The failure that some work ends in; nil where it ends well. Any other error is an issue.
package func thrownFailure(_ work: () throws -> Void) -> Failure? {
  do {
    try work()
    return nil
  } catch let failure as Failure {
    return failure
  } catch {
    Issue.record("not a Failure: \(error)")
    return nil
  }
}

extension Failure {
  /// Expects each part of the message to contain the words given.
  package func expect(
    _ kind: Kind = .badData, file: String? = nil, place: String = "", found: String,
    wanted: String = "", advice: String = "", _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(self.kind == kind, "\(self)", sourceLocation: location)
    if let file { #expect(self.file == file, "\(self)", sourceLocation: location) }
    let parts = [
      (self.place, place), (self.found, found), (self.wanted, wanted), (self.advice, advice),
    ]
    for (part, words) in parts where !words.isEmpty {
      #expect((part ?? "").contains(words), "\(self)", sourceLocation: location)
    }
  }
}
