import CUTF8Proc

/// How many terminal columns a scalar takes: 0, 1 or 2, by utf8proc's Unicode tables.
///
/// Not libc's `wcwidth`, which knows nothing in the C locale: screens are the same in every locale
/// and in tests. The terminal layer draws "?" where libc thinks otherwise. Every sign that the
/// screens draw is as wide for both; of what utf8proc 2.8 and glibc 2.36 both know, they differ
/// over Arabic's number signs (U+0600 to U+0605 and eight others: no columns here, one there) and
/// the circled tens in squares (U+3248 to U+324F: one here, two there).
///
/// A text is as wide as its scalars together, since every scalar that is wide has cells of its
/// own on a surface: emoji joined by U+200D are drawn one by one.
package enum DisplayWidth {
  package static func of(_ scalar: Unicode.Scalar) -> Int {
    // Printable ASCII, which is most of what is measured, needs no table.
    if scalar.value &- 0x20 < 0x5F { return 1 }
    return ofOther(Int32(bitPattern: scalar.value))
  }

  package static func of(_ text: some StringProtocol) -> Int {
    var width = 0
    for scalar in text.unicodeScalars { width += of(scalar) }
    return width
  }

  private static func ofOther(_ scalar: Int32) -> Int {
    switch scalar {
    // Hangul vowels and finals join the initial before them; utf8proc looks at each alone.
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
    // Hexagrams: wide since Unicode 16, which libc knows before utf8proc does.
    case 0x4DC0...0x4DFF: return 2
    default: break
    }
    let width = Int(utf8proc_charwidth(scalar))
    // Marks that take room beside their letter (Devanagari's vowel signs) have a column of their
    // own in terminals, which draw no syllables; utf8proc counts them with the letter.
    if width == 0 && utf8proc_category(scalar) == UTF8PROC_CATEGORY_MC { return 1 }
    return width
  }
}
