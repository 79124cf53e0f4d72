/// The cheapest assignment of rows to columns of a square cost matrix, exactly, by shortest
/// augmenting paths (Jonker and Volgenant 1987).
package struct Assignment: Equatable {
  /// The column of each row.
  package let columns: [Int]
  package let cost: Double

  /// Solves a (count, count) matrix of finite costs, row-major. O(count³) time at the worst.
  package init(costs: UnsafePointer<Float>, count: Int) {
    var columnOfRow = [Int](repeating: -1, count: count)
    var rowOfColumn = [Int](repeating: -1, count: count)
    // What a column costs more than nothing; a row's own share follows from its assignment.
    var prices = [Double](repeating: 0, count: count)
    // Each column's cheapest row takes it if it is free: most rows are then done.
    for column in (0..<count).reversed() {
      var best = 0
      for row in 1..<max(1, count)
      where costs[row &* count &+ column] < costs[best &* count &+ column] { best = row }
      prices[column] = Double(costs[best &* count &+ column])
      if columnOfRow[best] < 0 {
        columnOfRow[best] = column
        rowOfColumn[column] = best
      }
    }
    var search = PathSearch(costs: costs, count: count)
    for row in 0..<count where columnOfRow[row] < 0 {
      search.augment(from: row, &columnOfRow, &rowOfColumn, &prices)
    }
    var sum = 0.0
    for row in 0..<count { sum += Double(costs[row &* count &+ columnOfRow[row]]) }
    columns = columnOfRow
    cost = sum
  }
}

/// Dijkstra's search for the cheapest way to give one more row a column.
private struct PathSearch {
  let costs: UnsafePointer<Float>
  let count: Int
  private var distances: [Double]
  private var previous: [Int]
  /// Columns: those that are reached, then those that are not.
  private var order: [Int]

  init(costs: UnsafePointer<Float>, count: Int) {
    self.costs = costs
    self.count = count
    distances = [Double](repeating: 0, count: count)
    previous = [Int](repeating: 0, count: count)
    order = Array(0..<count)
  }

  mutating func augment(
    from first: Int, _ columnOfRow: inout [Int], _ rowOfColumn: inout [Int],
    _ prices: inout [Double]
  ) {
    for column in 0..<count {
      distances[column] = Double(costs[first &* count &+ column]) - prices[column]
      previous[column] = first
    }
    var reached = 0
    var end = -1
    var length = 0.0
    while end < 0 {
      // The nearest column that is not reached yet.
      var place = reached
      for index in reached..<count where distances[order[index]] < distances[order[place]] {
        place = index
      }
      order.swapAt(reached, place)
      let column = order[reached]
      length = distances[column]
      let row = rowOfColumn[column]
      if row < 0 {
        end = column
        break
      }
      reached += 1
      let base = row &* count
      let share = Double(costs[base &+ column]) - prices[column] - length
      for index in reached..<count {
        let other = order[index]
        let distance = Double(costs[base &+ other]) - prices[other] - share
        if distance < distances[other] {
          distances[other] = distance
          previous[other] = row
        }
      }
    }
    for index in 0..<reached {
      let column = order[index]
      prices[column] += distances[column] - length
    }
    var column = end
    while true {
      let row = previous[column]
      rowOfColumn[column] = row
      let next = columnOfRow[row]
      columnOfRow[row] = column
      if row == first { break }
      column = next
    }
  }
}
