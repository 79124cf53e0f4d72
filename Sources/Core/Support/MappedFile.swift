import Foundation

/// A whole file, mapped read-only.
///
/// Bytes are read through bounds-checked accessors; ``bytes`` is for code that has checked its
/// range first, and keeps the file alive meanwhile. Mapping costs no memory until pages are touched. A file that another process cuts
/// short while it is mapped ends this process with SIGBUS: the kernel leaves no way around that.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  package let bytes: UnsafeRawBufferPointer

  package init(path: String) throws(Failure) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      throw Failure.system(
        code == ENOENT || code == ENOTDIR ? .missingInput : .badData, "opening the file",
        file: path, code: code,
        advice: code == ENOENT ? "Check the path." : nil)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Failure.system(.badData, "reading its size", file: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.badData, file: path, found: "not a regular file", wanted: "a file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED
    else { throw Failure.system(.badData, "mapping the file", file: path, code: errno) }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }

  package var count: Int { bytes.count }
}
