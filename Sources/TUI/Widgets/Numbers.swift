import Foundation

/// Numbers as screens show them.
package enum Numbers {
  /// `0.431` as `43 %`.
  package static func percent(_ share: Float) -> String { "\(Int((share * 100).rounded())) %" }

  /// Three significant digits where the number is not whole, so that columns do not jump.
  package static func short(_ value: Float) -> String {
    guard value.isFinite else { return "-" }
    let size = abs(value)
    let digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
    return String(format: "%.\(digits)f", Double(value))
  }

  /// Which of so many equal steps from 0 to 1 a share lies in; the first where it is no number.
  package static func step(_ share: Float, of count: Int) -> Int {
    share.isFinite ? max(0, min(count - 1, Int(share * Float(count)))) : 0
  }

  /// `30`: digits after the point only where there are some.
  package static func whole(_ value: Float) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(value)"
  }

  /// `.43`: a share between 0 and 1 in two digits.
  package static func share(_ value: Float) -> String {
    guard value.isFinite else { return "-" }
    let text = String(format: "%.2f", Double(value))
    return text.hasPrefix("0.") ? String(text.dropFirst()) : text.replacing("-0.", with: "-.")
  }

  /// `+0.20`, `-1.50`.
  package static func signed(_ value: Float) -> String {
    value.isFinite ? String(format: "%+.2f", Double(value)) : "-"
  }

  /// `.981`: a cosine in three digits.
  package static func fine(_ value: Float) -> String {
    guard value.isFinite else { return "-" }
    let text = String(format: "%.3f", Double(value))
    return text.hasPrefix("0.") ? String(text.dropFirst()) : text.replacing("-0.", with: "-.")
  }

  /// `9.8e-7`: a number near 0, in two digits.
  package static func small(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    return abs(value) >= 1e-4
      ? String(format: "%.4f", value).replacing("0.", with: ".") : String(format: "%.0e", value)
  }

  /// `71.3°`: an angle.
  package static func degrees(_ value: Float) -> String {
    value.isFinite ? String(format: "%.1f°", Double(value)) : "-"
  }

  /// `2m10s`, `3h05m`.
  package static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e7 else { return "-" }
    let whole = Int(max(0, seconds).rounded())
    if whole < 60 { return "\(whole)s" }
    if whole < 3600 { return String(format: "%dm%02ds", whole / 60, whole % 60) }
    return String(format: "%dh%02dm", whole / 3600, whole / 60 % 60)
  }

  /// `50000` as `50,000`.
  package static func grouped(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: index)
      index -= 3
    }
    return (value < 0 ? "-" : "") + String(digits)
  }
}
