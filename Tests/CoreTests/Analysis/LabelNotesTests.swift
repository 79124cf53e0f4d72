import SeerAnalysis
import TestSupport
import Testing

/// What is told of labels that may not be meant.
struct LabelNotesTests {
  @Test func labelsThatDifferByBlanksOrCase() throws {
    let set = try conceptSet(
      "prompt,value\na,red\nb,Red\nc,red \nd,blue\ne,red\nf,dark  blue\ng,dark blue\n")
    #expect(set.concepts.count == 6)
    #expect(
      set.notes == [
        "concepts.csv: the concepts `Red` (1 row, first on line 3) and `red` (2 rows, first on "
          + "line 2) and `red ` (1 row, first on line 4) differ by blanks, case or the way a number "
          + "is written; they count as 3.",
        "concepts.csv: the concepts `dark  blue` (1 row, first on line 7) and `dark blue` (1 row, "
          + "first on line 8) differ by blanks, case or the way a number is written; they count as 2.",
      ])
  }

  @Test func numbersThatAreWrittenInTwoWays() throws {
    let set = try conceptSet("prompt,value\na,1\nb,1.0\nc,0\nd,10\n")
    #expect(set.notes.count == 1)
    #expect(
      set.notes[0].contains("`1` (1 row, first on line 2) and `1.0` (1 row, first on line 3)"))
  }

  @Test(arguments: ["nan", "NaN", "None", "NULL", "n/a", "<NA>", " nan"])
  func labelsThatReadLikeMissingValues(label: String) throws {
    let set = try conceptSet("prompt,value\na,x\nb,\(label)\nc,\(label)\n")
    #expect(set.notes.count == 1)
    #expect(
      set.notes[0].contains(
        "the concept `\(label)` (2 rows, first on line 3) reads like a missing value"))
  }

  @Test func oneTextWithTwoLabels() throws {
    let set = try conceptSet(
      """
      prompt,response,value
      a,r,x
      b,,x
      a,r,y
      a,s,y
      b,,x
      b,,z

      """)
    #expect(
      set.notes == [
        "concepts.csv: 2 rows have the text of an earlier row and another concept: on line 2 `x`, "
          + "on line 4 `y`.",
        "concepts.csv: 1 row has the prompt of an earlier row, another answer and another concept: "
          + "on line 2 `x`, on line 5 `y`.",
      ])
  }

  @Test func onePromptWithTwoLabels() throws {
    let set = try conceptSet(
      """
      prompt,response,value
      a,r,x
      a,s,y
      a,t,x
      b,r,x
      ,r,x
      ,s,y
      a,,z

      """)
    #expect(
      set.notes == [
        "concepts.csv: 2 rows have the prompt of an earlier row, another answer and another concept: "
          + "on line 2 `x`, on line 3 `y`."
      ])
  }

  /// What was said before the last question is of the prompt.
  @Test func oneConversationWithTwoLabels() throws {
    func line(_ first: String, _ answer: String, _ value: String) -> String {
      #"{"messages": [{"role": "user", "content": "\#(first)"}, {"role": "assistant", "content": "b"}, "#
        + #"{"role": "user", "content": "c"}, {"role": "assistant", "content": "\#(answer)"}], "#
        + #""value": "\#(value)"}"# + "\n"
    }
    let apart = try conceptSet(line("a", "r", "x") + line("d", "s", "y"), named: "rows.jsonl")
    #expect(apart.notes == [])
    let alike = try conceptSet(line("a", "r", "x") + line("a", "s", "y"), named: "rows.jsonl")
    #expect(alike.notes.count == 1 && alike.notes[0].contains("the prompt of an earlier row"))
  }

  /// A pair of answers is of one record: that is its form, and nothing to tell.
  @Test func pairsHaveOnePrompt() throws {
    let line = #"{"prompt": "a", "chosen": "r", "rejected": "s"}"# + "\n"
    #expect(try conceptSet(line, named: "rows.jsonl").notes == [])
    let twice = try conceptSet(
      line + #"{"prompt": "a", "chosen": "t", "rejected": "u"}"# + "\n", named: "rows.jsonl")
    #expect(twice.notes.count == 1)
  }

  @Test func manyAlikeAreCut() throws {
    let lines = (0..<9).map { "a\($0),l\($0)\nb\($0),L\($0)\n" }.joined()
    let set = try conceptSet("prompt,value\n" + lines)
    #expect(set.notes.count == 6)
    #expect(set.notes[5] == "concepts.csv: 4 more notes of this kind.")
  }

  @Test func othersAreNotNamed() throws {
    #expect(try conceptSet("prompt,value\na,nano\nb,1\nc,-1\nd,e\nb,1\n").notes == [])
  }
}
