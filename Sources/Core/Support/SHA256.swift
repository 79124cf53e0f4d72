import COpenSSL
import Foundation

/// SHA-256 of a whole file, as 64 hexadecimal digits.
///
/// OpenSSL does the arithmetic (with the processor's SHA instructions: some 2 GB a second).
/// Piece by piece, so that a file larger than memory does not pass for this process's.
package func sha256(ofFile path: String) throws(Failure) -> String {
  let file = try MappedFile(path: path)
  guard let context = EVP_MD_CTX_new() else { throw noDigest(path) }
  defer { EVP_MD_CTX_free(context) }
  var isDone = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
  for start in stride(from: 0, to: file.count, by: 1 << 24) {
    let piece = file[start..<min(start + 1 << 24, file.count)]
    isDone =
      piece.withBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 } && isDone
    piece.release()
  }
  var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
  var length: UInt32 = 0
  guard isDone, EVP_DigestFinal_ex(context, &digest, &length) == 1, length == 32 else {
    throw noDigest(path)
  }
  return hexadecimal(digest.prefix(32))
}

/// The same of a text's UTF-8.
package func sha256(ofText text: String) throws(Failure) -> String {
  let digest: Result<String, Failure> = Array(text.utf8).withUnsafeBytes { bytes in
    do throws(Failure) {
      return .success(try sha256(bytes, of: "a text"))
    } catch {
      return .failure(error)
    }
  }
  return try digest.get()
}

package func sha256(_ bytes: UnsafeRawBufferPointer, of path: String) throws(Failure) -> String {
  var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
  var length: UInt32 = 0
  let done = EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil)
  guard done == 1, length == 32 else { throw noDigest(path) }
  return hexadecimal(digest.prefix(32))
}

private func hexadecimal(_ digest: ArraySlice<UInt8>) -> String {
  digest.map { String(format: "%02x", $0) }.joined()
}

private func noDigest(_ path: String) -> Failure {
  Failure(.software, file: path, found: "OpenSSL without SHA-256", wanted: "a digest")
}
