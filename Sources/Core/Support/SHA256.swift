import COpenSSL
import Foundation

/// SHA-256 of a whole file, as 64 hexadecimal digits.
///
/// OpenSSL does the arithmetic (with the processor's SHA instructions: some 2 GB a second).
package func sha256(ofFile path: String) throws(Failure) -> String {
  let file = try MappedFile(path: path)
  return try file.withBytes { bytes throws(Failure) in try sha256(bytes, of: path) }
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
  return digest.prefix(Int(length)).map { String(format: "%02x", $0) }.joined()
}
