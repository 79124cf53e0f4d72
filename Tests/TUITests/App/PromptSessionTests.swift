import SeerApp
import SeerMonitor
import SeerRuns
import SeerScreens
import SeerSupport
import SeerWidgets
import TestModels
import TestSupport
import Testing

/// The Prompt screen with the engine behind it: the tiny model, its run, no terminal.
@Suite struct PromptSessionTests {
  private let fixture: TestModels.RunFixture
  private let run: Run

  init() throws {
    fixture = try TestModels.RunFixture(rows: 24)
    try fixture.run(fixture.extraction(.mean))
    run = try Run.open(fixture.folder("run"))
  }

  private func session(_ width: Int = 120, _ height: Int = 40) throws -> Session {
    let workspace = Workspace(
      run: RunSource(run),
      prompt: PromptSource(model: Fixtures.tinyModel, runs: [run], template: .plain))
    let state = workspace.state(
      Screens.registry, size: Size(width: width, height: height), theme: Theme(depth: .palette256))
    let session = Session(state, workspace, engine: Engine(), mailbox: try Mailbox())
    session.waitUntilIdle()
    session.handle(.key(.function(4)))
    session.waitUntilIdle()
    return session
  }

  private func press(_ names: String..., in session: Session) {
    for name in names { if let key = Key(name: name) { session.handle(.key(key)) } }
    session.waitUntilIdle()
  }

  private func type(_ text: String, in session: Session) {
    for scalar in text.unicodeScalars { session.handle(.key(.character(scalar))) }
    session.waitUntilIdle()
  }

  @Test func whatIsTypedIsScoredAndExplained() throws {
    let session = try session()
    type("the sky is blue", in: session)
    let prompt = try #require(session.state.prompt)
    #expect(prompt.reading?.tokens.map(\.text).joined().hasSuffix("the sky is blue") == true)
    #expect(prompt.prepared.count == prompt.layers.count)
    #expect(prompt.reasons.why.answer == nil, "nobody has asked")
    press("Esc", "w", in: session)
    let why = try #require(session.state.prompt?.reasons.why.answer)
    #expect(why.sides == [.base] && why.explanations.count == 1)
    #expect(why.explanations[0].token == session.state.prompt?.tokenIndex)
    press("Enter", in: session)
    #expect(session.state.prompt?.reasons.parts.answer?.layers == prompt.layers)
    press("n", in: session)
    let lens = try #require(session.state.prompt?.reasons.lens.answer)
    #expect(lens.layers.first?.count == prompt.layers.count)
    #expect(render(session.state).text.contains("next after"))
    // Another token is another question.
    press("h", "w", in: session)
    let moved = try #require(session.state.prompt?.reasons.why.answer?.explanations.first)
    #expect(moved.token == why.explanations[0].token - 1)
    #expect(session.state.message == nil)
  }

  /// The same keys give the same words.
  @Test func answersAreRepeatable() throws {
    func answers() throws -> [String] {
      let session = try session()
      type("the sky", in: session)
      press("Enter", in: session)
      let first = session.state.prompt?.chat.last?.message.content ?? ""
      press("Esc", "r", in: session)
      return [first, session.state.prompt?.chat.last?.message.content ?? ""]
    }
    let (once, twice) = (try answers(), try answers())
    #expect(once == twice && !once[0].isEmpty)
    #expect(once[0] != once[1], "another seed, another answer")
  }

  /// Typing ends what is looked up, and what was typed is read.
  @Test func typingComesFirst() throws {
    let session = try session(200, 60)
    type("the sky", in: session)
    #expect(session.state.prompt?.reasons.why.answer != nil, "there is room for it")
    session.handle(.tick)
    type(" and the sea", in: session)
    let prompt = try #require(session.state.prompt)
    #expect(prompt.readText == prompt.wanted && !session.state.isBusy)
    #expect(prompt.reasons.why.answer?.explanations.first?.token == prompt.tokenIndex)
  }
}
