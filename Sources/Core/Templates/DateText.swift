import Foundation
import SeerSupport

/// The day that a template takes for today.
package struct TemplateDate: Hashable, Sendable {
  package let year: Int
  package let month: Int
  package let day: Int

  /// The same conversation must be the same text tomorrow, so today is the day that Llama 3.1's
  /// template falls back to.
  package static let usual = TemplateDate(year: 2024, month: 7, day: 26)

  private init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// Reads `2024-07-26`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2],
      parts.allSatisfy({ $0.allSatisfy { 0x30...0x39 ~= $0 } }),
      let year = Int(String(parts[0]) ?? ""), let month = Int(String(parts[1]) ?? ""),
      let day = Int(String(parts[2]) ?? ""), year > 0, 1...12 ~= month, day > 0
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= days[month - 1] else { return nil }
    self.init(year: year, month: month, day: day)
  }

  package var description: String { String(format: "%04d-%02d-%02d", year, month, day) }

  /// The day's midnight in C's form of dates.
  func text(form: Text) throws(Problem) -> Text {
    var time = tm()
    time.tm_year = Int32(year - 1900)
    time.tm_mon = Int32(month - 1)
    time.tm_mday = Int32(day)
    // Fills in the day of the week and of the year.
    _ = timegm(&time)
    time.tm_zone = nil
    guard !form.bytes.contains(0), form.bytes.count < 1024 else {
      throw Problem("a date's form of \(form.bytes.count) bytes", wanted: "a short one")
    }
    // A mark before the form tells an empty result from one that did not fit.
    let form = String(decoding: [0x2E] + form.bytes, as: UTF8.self)
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = buffer.withUnsafeMutableBytes { bytes in
      strftime(bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, form, &time)
    }
    guard count > 0 else { throw Problem("a date's text that is too long") }
    return Text(buffer[1..<count])
  }
}
