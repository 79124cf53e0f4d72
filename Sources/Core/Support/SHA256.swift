import COpenSSL
import Foundation

/// SHA-256 of a whole file, or of what came out of a pipe, as 64 hexadecimal digits.
///
/// OpenSSL does the arithmetic (with the processor's SHA instructions: some 2 GB a second).
/// Piece by piece, so that a file larger than memory does not pass for this process's.
package func sha256(ofFile path: String) throws(Failure) -> String {
  let file = try InputFile.bytes(of: path)
  let failure = Failure(
    .software, file: path, found: "OpenSSL without SHA-256", wanted: "a digest")
  guard let context = EVP_MD_CTX_new() else { throw failure }
  defer { EVP_MD_CTX_free(context) }
  guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw failure }
  try file.withPieces { bytes throws(Failure) in
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw failure }
  }
  var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
  var length: UInt32 = 0
  guard EVP_DigestFinal_ex(context, &digest, &length) == 1 else { throw failure }
  return hexadecimal(digest.prefix(Int(length)))
}

private func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
  digest.map { String(format: "%02x", $0) }.joined()
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
  guard done == 1, length == 32 else {
    throw Failure(.software, file: path, found: "OpenSSL without SHA-256", wanted: "a digest")
  }
  return hexadecimal(digest.prefix(Int(length)))
}
