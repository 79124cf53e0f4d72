/// Keys by their place, for layouts without Latin letters.
extension Key {
  /// The key of a US keyboard in the same place; nil where this is no letter of a layout known here.
  package var latin: Key? {
    if case .character(let scalar) = self {
      Self.places[scalar].map { .character($0) }
    } else {
      nil
    }
  }

  /// Russian (and Ukrainian, Bulgarian phonetic excepted) and Greek, row by row.
  private static let layouts = [
    (
      "йцукенгшщзхъфывапролджэячсмитьбюё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ" + "іїєґІЇЄҐ",
      "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + "QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~" + "s]'`S}\"~"
    ),
    (
      "ςερτυθιοπασδφγηξκλζχψωβνμ" + "ΕΡΤΥΘΙΟΠΑΣΔΦΓΗΞΚΛΖΧΨΩΒΝΜ",
      "wertyuiopasdfghjklzxcvbnm" + "ERTYUIOPASDFGHJKLZXCVBNM"
    ),
  ]

  private static let places: [Unicode.Scalar: Unicode.Scalar] = {
    var places: [Unicode.Scalar: Unicode.Scalar] = [:]
    for (own, latin) in layouts {
      for (scalar, place) in zip(own.unicodeScalars, latin.unicodeScalars) {
        places[scalar] = place
      }
    }
    return places
  }()
}
