import ArgumentParser
import SeerSupport
import SeerTemplates
import SeerTokenizers

/// How conversations are written, as all commands take it that write some.
package struct ChatArguments: ParsableArguments {
  @Option(help: "A chat template in place of the model's own: Jinja, or turns as JSON.")
  var templateFile: String?
  @Option(
    help: ArgumentHelp(
      "A variable of the chat template: JSON, the JSON of a file after @, or text.",
      discussion: "For example enable_thinking=false or tools=@tools.json; may be given again.",
      valueName: "name=value"))
  var templateArg: [String] = []
  @Option(help: "What the chat template takes for today, such as 2024-07-26.")
  var date: String?

  package init() {}

  package func validate() throws {
    if let date, TemplateDate(date) == nil {
      throw ValidationError("--date: found \(date), wanted a day such as 2024-07-26.")
    }
  }

  /// Reads the arguments; fails where one cannot be used.
  package func options() throws(Failure) -> ChatOptions {
    var options = ChatOptions(file: templateFile, date: date.flatMap(TemplateDate.init))
    for written in templateArg { options.arguments.append(try ChatOptions.Argument(written)) }
    return options
  }
}
