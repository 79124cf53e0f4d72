/// A picture of few colours, each pixel the number of its own: a fraction of the bytes.
package struct IndexedRaster: Equatable, Sendable {
  package let width: Int
  package let height: Int
  /// 0xRRGGBB, the most frequent first.
  package let colors: [UInt32]
  /// One for each pixel, row by row.
  package let indices: [UInt8]

  /// The colour of a pixel.
  package func color(_ x: Int, _ y: Int) -> UInt32 { colors[Int(indices[y * width + x])] }

  /// A part of it, in the colours that it has. Precondition: it lies inside.
  package func cropped(x: Int, y: Int, width: Int, height: Int) -> IndexedRaster {
    precondition(x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height)
    var part: [UInt8] = []
    part.reserveCapacity(width * height)
    for line in y..<y + height {
      part += indices[line * self.width + x..<line * self.width + x + width]
    }
    return IndexedRaster(width: width, height: height, colors: colors, numbers: part)
  }

  fileprivate init(width: Int, height: Int, colors: [UInt32], indices: [UInt8]) {
    self.width = width
    self.height = height
    self.colors = colors
    self.indices = indices
  }

  /// Puts the colours in their order and leaves out what no pixel has.
  fileprivate init(width: Int, height: Int, colors: [UInt32], numbers: [UInt8]) {
    var counts = [Int](repeating: 0, count: colors.count)
    for number in numbers { counts[Int(number)] += 1 }
    let order = colors.indices.filter { counts[$0] > 0 }.sorted {
      (-counts[$0], $0) < (-counts[$1], $1)
    }
    var places = [UInt8](repeating: 0, count: colors.count)
    for (place, number) in order.enumerated() { places[number] = UInt8(place) }
    self.init(
      width: width, height: height, colors: order.map { colors[$0] },
      indices: numbers.map { places[Int($0)] })
  }
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

  /// The picture in colours that are chosen: each pixel gets the nearest. O(pixels).
  ///
  /// - Parameter colors: at least one, at most 256.
  package func indexed(in colors: [UInt32]) -> IndexedRaster {
    precondition((1...256).contains(colors.count))
    var nearest: [UInt32: UInt8] = [:]
    for (index, color) in colors.enumerated().reversed() { nearest[color] = UInt8(index) }
    var (last, number): (UInt32?, UInt8) = (nil, 0)
    let numbers = (0..<width * height).map { pixel -> UInt8 in
      let color =
        UInt32(bytes[3 * pixel]) << 16 | UInt32(bytes[3 * pixel + 1]) << 8
        | UInt32(bytes[3 * pixel + 2])
      if color == last { return number }
      last = color
      if let known = nearest[color] {
        number = known
      } else {
        let found = colors.indices.min { distance(colors[$0], color) < distance(colors[$1], color) }
        number = UInt8(found ?? 0)
        nearest[color] = number
      }
      return number
    }
    return IndexedRaster(width: width, height: height, colors: colors, numbers: numbers)
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
