import LinearAlgebra

extension SeededGenerator {
  package mutating func normals(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in normal() * scale }
  }
}

extension [Float] {
  package var doubles: [Double] { map { Double($0) } }
}

extension [Double] {
  package var floats: [Float] { map { Float($0) } }
}
