import SeerStudies
import Testing

struct SentencesTests {
  @Test(arguments: [
    ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
    ("\"Stop it.\" He ran (fast!) away. ", ["\"Stop it.\"", "He ran (fast!)", "away."]),
    ("It costs 3.50 at example.org, no more", ["It costs 3.50 at example.org, no more"]),
    ("A line\nand another\r\n\r\nand a third", ["A line", "and another", "and a third"]),
    ("你好。再见！ 好", ["你好。", "再见！", "好"]),
    ("Really?! Yes... no.", ["Really?!", "Yes...", "no."]),
    (" \n ", []), ("", []),
  ])
  func each(text: String, wanted: [String]) {
    #expect(sentences(text) == wanted)
  }
}
