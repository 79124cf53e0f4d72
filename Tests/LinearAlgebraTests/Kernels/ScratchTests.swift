import CKernels
import Foundation
import LinearAlgebra
import Testing

struct ScratchTests {
  /// Products keep memory for their thread: as long as the thread lives, and no longer.
  @Test func endsWithItsThread() throws {
    let size = 768
    let x = Matrix(rows: size, columns: size) { row, column in Float(row % 7 - column % 5) }
    let before = try Self.residentBytes()
    for _ in 0..<400 {
      let thread = Thread {
        var rows: [UnsafeRawPointer?] = (0..<size).map { UnsafeRawPointer(x.row($0)) }
        var product = [Float](repeating: 0, count: size)
        // As float32: GGUF's type 0.
        _ = sk_product(0, &rows, size, size, 1, x.start, 0, &product, size)
      }
      thread.start()
      while !thread.isFinished { sched_yield() }
    }
    // Each has had 2 MB. Other tests run beside this one, and have theirs.
    #expect(try Self.residentBytes() < before + 400_000_000)
  }

  private static func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = text.split(separator: " ").compactMap { Int($0) }
    return try #require(pages.dropFirst().first) * sysconf(Int32(_SC_PAGESIZE))
  }
}
