import CPCRE2

/// A regular expression as PCRE2 compiled it, with limits to what looking for it may take.
///
/// Compiled code and limits are read-only: one serves all threads, each with a ``Room`` of its own.
package final class CompiledPattern: Sendable {
  nonisolated(unsafe) package let code: OpaquePointer
  nonisolated(unsafe) private let limits: OpaquePointer?

  /// Why an expression cannot be read.
  package struct Problem: Error {
    package let message: String
    /// The byte at which it was noticed.
    package let offset: Int
  }

  package enum Outcome: Equatable { case found, notFound, tooLong }

  /// Backtracking steps in one text.
  private static let stepLimit: UInt32 = 100_000
  /// In KiB.
  private static let heapLimit: UInt32 = 16 << 10

  /// - Parameters:
  ///   - options: PCRE2's.
  ///   - isMatchedOften: whether it is worth its compilation to machine code.
  package init(
    _ text: String, _ options: UInt32, isMatchedOften: Bool = true
  ) throws(Problem) {
    var error: Int32 = 0
    var offset = 0
    var text = text
    let compiled = text.withUTF8 {
      pcre2_compile_8($0.baseAddress, $0.count, options, &error, &offset, nil)
    }
    guard let compiled else {
      var message = [UInt8](repeating: 0, count: 256)
      pcre2_get_error_message_8(error, &message, message.count)
      throw Problem(
        message: String(decoding: message.prefix { $0 != 0 }, as: UTF8.self), offset: offset)
    }
    code = compiled
    // Where there is no JIT (or memory for it is refused) matching is only slower.
    if isMatchedOften { pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) }
    limits = pcre2_match_context_create_8(nil)
    if let limits {
      pcre2_set_match_limit_8(limits, Self.stepLimit)
      pcre2_set_heap_limit_8(limits, Self.heapLimit)
    }
  }

  deinit {
    pcre2_match_context_free_8(limits)
    pcre2_code_free_8(code)
  }

  /// The memory that a match needs, one for each thread.
  package final class Room {
    package let data: OpaquePointer?
    package init() { data = pcre2_match_data_create_8(1, nil) }
    deinit { pcre2_match_data_free_8(data) }
  }

  /// Whether it occurs in a text.
  package func find(
    in text: UnsafeBufferPointer<UInt8>, _ options: UInt32 = 0, room: Room
  ) -> Outcome {
    // PCRE2 refuses a subject without an address, even an empty one.
    guard let start = text.baseAddress else {
      return [UInt8(0)].withUnsafeBufferPointer {
        find(in: UnsafeBufferPointer(start: $0.baseAddress, count: 0), options, room: room)
      }
    }
    var status = pcre2_match_8(code, start, text.count, 0, options, room.data, limits)
    if status == PCRE2_ERROR_JIT_STACKLIMIT {
      // The interpreter keeps its state on the heap.
      status = pcre2_match_8(
        code, start, text.count, 0, options | PCRE2_NO_JIT, room.data, limits)
    }
    // Below a partial match lie errors: limits, as there is nothing else to go wrong.
    return status >= 0 ? .found : status >= PCRE2_ERROR_PARTIAL ? .notFound : .tooLong
  }

  /// Where it occurs next in a text, from a byte on that begins a character; nil where it does not, or
  /// where looking takes too long.
  package func place(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, _ options: UInt32 = 0, room: Room
  ) -> Range<Int>? {
    guard let base = text.baseAddress, start >= 0, start <= text.count else { return nil }
    let status = pcre2_match_8(
      code, base, text.count, start, options | PCRE2_NO_JIT, room.data, limits)
    guard status >= 0, let ends = pcre2_get_ovector_pointer_8(room.data), ends[0] <= ends[1]
    else { return nil }
    return ends[0]..<ends[1]
  }
}
