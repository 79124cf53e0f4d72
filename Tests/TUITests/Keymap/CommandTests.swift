import SeerApp
import SeerScreens
import SeerWidgets
import Testing

@Suite struct CommandTests {
  private let screens = Screens.registry

  @Test func everyCommandIsInTheTableOnce() {
    #expect(Set(screens.commands.map(\.id)).count == screens.commands.count)
  }

  /// Two of one name would share a place in a key file, a picture's name or a page.
  @Test func screensAndContextsHaveNamesOfTheirOwn() {
    #expect(Set(screens.all.map { $0.id }).count == screens.all.count)
    #expect(Set(screens.contexts).count == screens.contexts.count)
    for screen in screens.all {
      #expect(screens.commands.contains { $0.id == screen.entry.command }, "\(screen.id.name)")
      #expect(screen.contexts.contains { $0.isScreen }, "\(screen.id.name) gets no keys")
    }
  }

  @Test func everyCommandHasAKeyAndHelp() {
    for command in screens.commands {
      #expect(!command.keys.isEmpty, "\(command.id)")
      #expect(!command.help.isEmpty && !command.contexts.isEmpty, "\(command.id)")
      #expect(command.help.first?.isUppercase ?? false, "\(command.id)")
    }
  }

  @Test(arguments: Screens.registry.contexts) func noKeyMeansTwoThings(context: KeyContext) {
    var seen: [Key: CommandID] = [:]
    for command in screens.commands where command.contexts.contains(context) {
      for key in command.keys {
        #expect(
          seen[key] == nil, "\(key.name) is \(String(describing: seen[key])) and \(command.id)")
        seen[key] = command.id
      }
    }
  }

  @Test func everyKeyHasANameThatReadsBack() {
    for key in screens.commands.flatMap(\.keys) { #expect(Key(name: key.name) == key) }
  }

  @Test(arguments: ["", "ab", "Ctrl-", "Ctrl-ab", "F0", "F25", "Upp"])
  func namesThatAreNoKey(name: String) { #expect(Key(name: name) == nil) }

  @Test func quitAndHelpAreInEveryFooter() {
    for width in 40...120 {
      let state = Fixture.app(width, 24)
      let line = render(state).text.split(separator: "\n").last ?? ""
      #expect(line.contains("? help") && line.contains("q quit"), "at \(width)")
    }
  }

  @Test func footerOffersOnlyWhatWorks() {
    let lonely = Fixture.app(80, 24, Fixture.explore(rows: Fixture.rows(1), concepts: 1, layers: 1))
    let words = Command.hints(lonely, ascii: false).map(\.word)
    #expect(!words.contains("layer") && !words.contains("only"))
    #expect(words.contains("point"))
  }
}
