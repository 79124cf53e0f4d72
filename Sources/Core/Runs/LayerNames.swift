/// Which layer each of several arrays is, by the number in its name.
enum LayerNames {
  /// The layers of names that differ in one number, such as `layer_0`, `layer_1`; nil for others.
  ///
  /// The number is the layer, but for TransformerLens's `blocks.N.hook_resid_post`: that is the state
  /// after block N, which is our layer N + 1.
  static func layers(_ names: [String]) -> [Int]? {
    if let known = residuals(names) { return known }
    let parts = names.map(Parts.init)
    guard let first = parts.first, parts.allSatisfy({ $0.texts == first.texts }) else { return nil }
    let varying = first.numbers.indices.filter { place in
      parts.contains { $0.numbers[place] != first.numbers[place] }
    }
    guard varying.count == 1, let place = varying.first else { return nil }
    let numbers = parts.compactMap { Int($0.numbers[place]) }
    guard numbers.count == names.count, Set(numbers).count == numbers.count,
      numbers.allSatisfy({ $0 <= largest })
    else { return nil }
    return numbers
  }

  /// No model has as many.
  static let largest = 100_000

  /// Whether a name is one of TransformerLens's states of the residual stream.
  static func isResidual(_ name: String) -> Bool { residual(name) != nil }

  private static func residual(_ name: String) -> Int? {
    let parts = Parts(name)
    guard parts.numbers.count == 1, let number = Int(parts.numbers[0]), number <= largest,
      parts.texts[0].hasSuffix("blocks.")
    else { return nil }
    switch parts.texts[1] {
    case ".hook_resid_pre": return number
    case ".hook_resid_post": return number + 1
    default: return nil
    }
  }

  private static func residuals(_ names: [String]) -> [Int]? {
    let layers = names.compactMap(residual)
    return layers.count == names.count && Set(layers).count == layers.count ? layers : nil
  }

  /// Of names with both, those that stand for each layer once: what comes into a block rather than
  /// what went out of the one before.
  static func distinctResiduals(_ names: [String]) -> [String] {
    var chosen: [Int: String] = [:]
    for name in names.sorted() {
      guard let layer = residual(name) else { continue }
      if chosen[layer] == nil || name.hasSuffix("pre") { chosen[layer] = name }
    }
    return chosen.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Whether a name is what a pattern says, in which `*` stands for a number.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
    let (before, after) = (pattern[..<star], pattern[pattern.index(after: star)...])
    guard name.hasPrefix(before), name.hasSuffix(after), name.count > before.count + after.count
    else { return false }
    return name.dropFirst(before.count).dropLast(after.count).allSatisfy { $0.isASCIIDigit }
  }

  /// A name cut into its numbers and the texts around them, of which there is one more.
  private struct Parts {
    var texts = [""]
    var numbers: [String] = []

    init(_ name: String) {
      var isNumber = false
      for character in name {
        if character.isASCIIDigit {
          if isNumber {
            numbers[numbers.count - 1].append(character)
          } else {
            numbers.append(String(character))
            texts.append("")
          }
        } else {
          texts[texts.count - 1].append(character)
        }
        isNumber = character.isASCIIDigit
      }
    }
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
