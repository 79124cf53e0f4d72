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
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(raster.width)
    image.height = png_uint_32(raster.height)
    image.format = png_uint_32(PNG_FORMAT_RGB)
    var isWritten = false
    let file = [UInt8](unsafeUninitializedCapacity: cpng_largest_size(image)) { buffer, count in
      var size = buffer.count
      isWritten =
        png_image_write_to_memory(
          &image, buffer.baseAddress, &size, 0, raster.bytes, 0, nil) != 0
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
