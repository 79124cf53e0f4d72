import Foundation
import SeerApp
import SeerWidgets
import Testing

/// Screens one after another as one moving picture.
@Suite struct FilmTests {
  private func screen(_ lines: [String]) -> Surface {
    var surface = Surface(Size(width: 6, height: lines.count))
    for (y, line) in lines.enumerated() { surface.write(line, 0, y, .plain) }
    return surface
  }

  @Test func aLineStandsOnceForAllItsTimes() {
    var film = Film()
    film.add(screen(["title", "one"]), milliseconds: 200)
    film.add(screen(["title", "two"]), milliseconds: 300)
    film.add(screen(["title", "one"]), milliseconds: 400)
    film.add(screen(["title", "one"]), milliseconds: 100)
    #expect(film.frames.map(\.milliseconds) == [200, 300, 500], "the same screen stays longer")
    let text = film.svg()
    #expect(text.components(separatedBy: ">title<").count == 2)
    #expect(text.components(separatedBy: ">one<").count == 2)
    #expect(
      text.contains(
        "dur=\"1000ms\" repeatCount=\"indefinite\" values=\"visible;hidden;visible\" "
          + "keyTimes=\"0;0.2000;0.5000\""))
    #expect(text.contains("values=\"hidden;visible;hidden\" keyTimes=\"0;0.2000;0.5000\""))
    #expect(text.hasPrefix("<svg ") && text.hasSuffix("</svg>\n"))
    #expect(text.components(separatedBy: "<g ").count == text.components(separatedBy: "</g>").count)
  }

  @Test func whatDoesNotChangeDoesNotMove() {
    var film = Film()
    film.add(screen(["a"]), milliseconds: 100)
    #expect(film.svg() == screen(["a"]).svg())
    film.add(screen(["a", "b"]), milliseconds: 100)
    #expect(film.frames.count == 1, "another size")
    #expect(Film().svg().isEmpty)
  }

  @Test func scripts() throws {
    let script = try Script("film 300\nsave-film a.svg\n", file: "keys")
    #expect(script.steps == [.film(300), .saveFilm("a.svg")])
    for line in ["film", "film 0", "film 60001", "film x", "save-film", "save-film a.gif"] {
      #expect(throws: (any Error).self) { try Script(line, file: "keys") }
    }
  }
}
