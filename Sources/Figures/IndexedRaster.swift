/// A picture of few colours, each pixel the number of its own: a fraction of the bytes.
package struct IndexedRaster: Equatable, Sendable {
  package let width: Int
  package let height: Int
  /// 0xRRGGBB, the most frequent first.
  package let colors: [UInt32]
  /// One for each pixel, row by row.
  package let indices: [UInt8]
}

extension Raster {
  /// The picture in its most frequent colours, told apart in 16 steps each of red, green and blue; every
  /// other one becomes the nearest of them. O(pixels).
  ///
  /// - Parameter most: colours, at most 256. Soft edges need no more than the usual number.
  package func indexed(_ most: Int = 32) -> IndexedRaster {
    let pixels = width * height
    func bucket(_ pixel: Int) -> Int {
      Int(bytes[3 * pixel] >> 4) << 8 | Int(bytes[3 * pixel + 1] >> 4) << 4
        | Int(bytes[3 * pixel + 2] >> 4)
    }
    var counts = [Int](repeating: 0, count: 4096)
    // A bucket's first pixel stands for it, so that flat colours stay as they are.
    var first = [UInt32](repeating: 0, count: 4096)
    for pixel in 0..<pixels {
      let place = bucket(pixel)
      if counts[place] == 0 {
        let (red, green, blue) = (bytes[3 * pixel], bytes[3 * pixel + 1], bytes[3 * pixel + 2])
        first[place] = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
      }
      counts[place] += 1
    }
    let used = counts.indices.filter { counts[$0] > 0 }.sorted {
      (-counts[$0], $0) < (-counts[$1], $1)
    }
    let kept = used.prefix(max(1, min(256, most)))
    let colors = kept.map { first[$0] }
    var indexOf = [UInt8](repeating: 0, count: 4096)
    for (index, place) in kept.enumerated() { indexOf[place] = UInt8(index) }
    for place in used.dropFirst(kept.count) {
      let nearest = colors.indices.min {
        distance(colors[$0], first[place]) < distance(colors[$1], first[place])
      }
      indexOf[place] = UInt8(nearest ?? 0)
    }
    return IndexedRaster(
      width: width, height: height, colors: colors,
      indices: (0..<pixels).map { indexOf[bucket($0)] })
  }

  /// Squared, of two colours.
  private func distance(_ a: UInt32, _ b: UInt32) -> Int {
    var sum = 0
    for shift: UInt32 in [16, 8, 0] {
      let difference = Int(a >> shift & 0xFF) - Int(b >> shift & 0xFF)
      sum += difference * difference
    }
    return sum
  }
}
