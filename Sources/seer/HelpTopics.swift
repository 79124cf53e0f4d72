/// What `seer help TOPIC` prints: the words that several commands share.
package enum HelpTopics {
  package static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Sorted by name.
  static let all: [(name: String, text: String)] = [
    (
      "layers",
      """
      Layers are numbered from 0. Layer 0 is the input of the first block; layer i is the residual stream after block i, before any \
      final norm. A model of 30 blocks has layers 0 to 30.

      `--layer` of a command that reads a run names one layer of it. In training it names the target: the concepts are pulled apart at \
      that layer, and LoRA sits on the blocks up to it. `--layer 24` is one target, `--layer 16,24` are two, `--layer 80%` is a share \
      of the depth. `seer compare` says for every layer how far the concepts lie apart; the best one is a good first target.
      """
    ),
    (
      "positions",
      """
      A position says which tokens speak for a row.

      last         the last token; with the chat template the end of the turn
      prompt-end   the end of the user's turn, before any answer
      mean         the mean over the tokens of the response, else the prompt
      all          every token is a row of its own

      Extraction takes `last` where nothing is said. Runs of different positions are not compared.
      """
    ),
    (
      "precision",
      """
      `--precision` says how exactly states are multiplied with weights.

      exact   as exactly as float32's own sums; the default
      fast    in less time, by fewer bits of every number; sums stay float32

      What fast is depends on the processor: 15 bits of every number with AVX-512 VNNI (a state is some 0.0002 of its length away from \
      an exact one), 8 on a matrix unit (0.004), and exact where there is neither. `seer --version` says which. Runs and adapters record \
      what was used; a run that was begun in one way is not finished in the other, and a command that compares or scores by a run of the \
      other kind says so.
      """
    ),
    (
      "presets",
      """
      A preset is a set of training options under a name. `seer preset` lists them, `seer preset NAME` prints one as JSON: a file to \
      copy, to edit and to give to `seer train --preset FILE`. Options on the command line win over the preset.

      `standard` serves the default model best. `paper` and its kin take the numbers of the paper (arXiv 2502.05242).
      """
    ),
    (
      "templates",
      """
      A template says how a prompt and a response become one text.

      chat    the model's own chat template, its system prompt included
      plain   prompt, newline, response; or the prompt alone

      `chat` is the default. `--template-file F` takes another template, `--template-arg k=v` gives it a value (JSON where it parses, \
      else text), `--date 2026-01-31` fixes the date it sees. `seer tokenize --template chat` shows the text, the tokens and the \
      positions of a conversation.
      """
    ),
  ]

  /// The text of the topic that the arguments ask for (`seer help layers`); nil where they do not.
  static func asked(_ arguments: [String]) -> String? {
    guard arguments.count == 2, arguments[0] == "help" else { return nil }
    return all.first { $0.name == arguments[1] }?.text
  }
}
