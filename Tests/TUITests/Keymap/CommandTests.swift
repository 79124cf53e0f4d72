import SeerScreens
import SeerWidgets
import Testing

@Suite struct CommandTests {
  @Test func everyCommandIsInTheTableOnce() {
    #expect(Set(Command.all.map(\.id)).count == Command.all.count)
  }

  /// Two of one name would share a place in a key file, a picture's name or a page.
  @Test func screensAndContextsHaveNamesOfTheirOwn() {
    #expect(Set(Screens.all.map { $0.id }).count == Screens.all.count)
    #expect(Set(Screens.contexts).count == Screens.contexts.count)
    for screen in Screens.all {
      #expect(Command.all.contains { $0.id == screen.entry.command }, "\(screen.id.name)")
      #expect(screen.contexts.contains { $0.isScreen }, "\(screen.id.name) gets no keys")
    }
  }

  @Test func everyCommandHasAKeyAndHelp() {
    for command in Command.all {
      #expect(!command.keys.isEmpty, "\(command.id)")
      #expect(!command.help.isEmpty && !command.contexts.isEmpty, "\(command.id)")
      #expect(command.help.first?.isUppercase ?? false, "\(command.id)")
    }
  }

  @Test(arguments: Screens.contexts) func noKeyMeansTwoThings(context: KeyContext) {
    var seen: [Key: CommandID] = [:]
    for command in Command.all where command.contexts.contains(context) {
      for key in command.keys {
        #expect(
          seen[key] == nil, "\(key.name) is \(String(describing: seen[key])) and \(command.id)")
        seen[key] = command.id
      }
    }
  }

  @Test func everyKeyHasANameThatReadsBack() {
    for key in Command.all.flatMap(\.keys) { #expect(Key(name: key.name) == key) }
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
