import LinearAlgebra
import SeerAnalysis
import Testing

@Suite struct GroupComparisonTests {
  @Test func comparingGroups() {
    let states = Matrix(rows: 4, columns: 2, values: [1, 0, 3, 0, 0, 1, 0, 2])
    let comparison = GroupComparison([0, 1], [2, 3], of: states)
    #expect(comparison.between == 0 && comparison.withinFirst == 1 && comparison.withinSecond == 1)
    let mixed = GroupComparison([0, 2], [0, 2], of: states)
    #expect(abs(mixed.between - 1) < 1e-6 && abs(mixed.withinFirst - 0.70710677) < 1e-6)
  }
}
