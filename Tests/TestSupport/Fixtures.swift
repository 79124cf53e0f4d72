import Foundation

/// Files committed for tests, with the scripts that made them.
public enum Fixtures {
  /// Tests/CoreTests/Fixtures
  public static let folder =
    URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().path + "/CoreTests/Fixtures"

  /// The tiny random-weights Llama in Q4_0 (TinyLlama/make_tiny.py).
  public static let tinyModel = folder + "/TinyLlama/tiny.gguf"
}
