import ArgumentParser
import SeerAnalysis
import SeerSupport

extension AnswerChoice: ExpressibleByArgument {}

/// Where the texts of a file of rows are.
struct TextColumnArguments: ParsableArguments {
  @Option(help: "The column of the prompts, texts or lists of messages.")
  var promptColumn = "prompt"
  @Option(help: "The column of the responses.") var responseColumn = "response"
  @Option(help: "Which answers of a conversation are rows.") var messages = AnswerChoice.last

  var names: ConceptColumns {
    ConceptColumns(prompt: promptColumn, response: responseColumn, messages: messages)
  }
}

/// Where a file of labelled rows has what a concept set needs.
struct RowColumnArguments: ParsableArguments {
  @OptionGroup var texts: TextColumnArguments
  @Option(help: "The column of the concepts.") var valueColumn = "value"
  @Option(help: "The column that says `train` or `test`.") var splitColumn = "split"

  var names: ConceptColumns {
    var names = texts.names
    names.value = valueColumn
    names.split = splitColumn
    return names
  }
}
