import Foundation
import TestSupport

/// A committed golden file, made by the script beside it.
func fixture<T: Decodable>(_ name: String, as type: T.Type, file: String = #filePath) throws -> T {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
  let data = try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"))
  return try JSONDecoder().decode(type, from: data)
}
