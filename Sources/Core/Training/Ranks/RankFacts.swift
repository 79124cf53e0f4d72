import Foundation
import LinearAlgebra
import SeerSupport

/// What must be equal on all ranks: other kernels add in other orders, and other files are another
/// training.
package struct RankFacts: Codable {
  package var host: String
  package var kernels: String
  package var recipe: TrainingCheckpoint.Recipe?

  package init(_ recipe: TrainingCheckpoint.Recipe? = nil) {
    host = Self.hostName
    kernels = BLAS.summary
    self.recipe = recipe
  }

  /// As the kernel has it: nobody else is asked.
  package static var hostName: String {
    let name = try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
    return name?.trimmingCharacters(in: .newlines) ?? "a host"
  }

  /// Fails where a rank differs from the first, naming it and the difference.
  package func check(_ ranks: any RankGroup, checkpoint: () throws -> Void) throws {
    guard ranks.count > 1 else { return }
    let all = try ranks.all(Array(JSONEncoder().encode(self)), checkpoint: checkpoint)
    let facts = all.map { try? JSONDecoder().decode(RankFacts.self, from: Data($0)) }
    for (rank, other) in facts.enumerated().dropFirst() {
      guard let first = facts[0], let other else {
        throw difference(rank, nil, "what another version of seer says of itself", "this version")
      }
      if other.kernels != first.kernels {
        throw difference(rank, other, "kernels: \(other.kernels)", first.kernels)
      }
      guard let recipe = first.recipe, let own = other.recipe else { continue }
      let differences = own.differences(from: recipe)
      guard differences.isEmpty else {
        throw difference(
          rank, other, "a difference in \(differences.joined(separator: ", "))",
          "what rank 0 on \(first.host) has")
      }
    }
  }

  private func difference(
    _ rank: Int, _ facts: RankFacts?, _ found: String, _ wanted: String
  ) -> Failure {
    Failure(
      .badData, place: "rank \(rank)" + (facts.map { " on \($0.host)" } ?? ""), found: found,
      wanted: wanted, advice: "Use machines of one kind, one build of seer and the same files.")
  }
}
