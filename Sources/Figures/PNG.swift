import CPNG

/// Why libpng did not write a file; with a picture of a size that is allowed, memory ran out.
package struct PNGError: Error, CustomStringConvertible, Equatable {
  /// libpng's own words.
  package let reason: String
  package var description: String {
    "libpng wrote no file: \(reason). Draw a smaller picture, or free some memory."
  }
}

/// Portable Network Graphics (ISO/IEC 15948), written by libpng's simplified interface: it keeps its
/// own `setjmp`, so that no error jumps across Swift's frames.
package enum PNG {
  /// A file of 8-bit red, green and blue, in sRGB.
  package static func bytes(_ raster: Raster) throws(PNGError) -> [UInt8] {
    try bytes(raster.bytes, raster.width, raster.height, format: cpng_rgb, colors: [])
  }

  /// A file with a palette.
  package static func bytes(_ picture: IndexedRaster) throws(PNGError) -> [UInt8] {
    let colors = picture.colors.flatMap { color in
      [UInt8(color >> 16 & 0xFF), UInt8(color >> 8 & 0xFF), UInt8(color & 0xFF)]
    }
    return try bytes(
      picture.indices, picture.width, picture.height, format: cpng_palette,
      colors: colors)
  }

  private static func bytes(
    _ pixels: [UInt8], _ width: Int, _ height: Int, format: Int32, colors: [UInt8]
  ) throws(PNGError) -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = png_uint_32(format)
    image.colormap_entries = png_uint_32(colors.count / 3)
    var isWritten = false
    let file = [UInt8](unsafeUninitializedCapacity: cpng_largest_size(image)) { buffer, count in
      var size = buffer.count
      isWritten =
        png_image_write_to_memory(&image, buffer.baseAddress, &size, 0, pixels, 0, colors) != 0
      count = isWritten ? size : 0
    }
    guard isWritten else {
      let reason = withUnsafeBytes(of: image.message) { message in
        String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw PNGError(reason: reason)
    }
    return file
  }
}
