import SeerSupport

/// A chat template, which is a program in the language of Jinja2 as transformers runs it.
///
///     let template = try Template("{% for m in messages %}{{ m.content }}{% endfor %}")
///     try template.render(["messages": .list([...])])
///
/// Semantics are those of Jinja 3.1's `ImmutableSandboxedEnvironment` with `trim_blocks`,
/// `lstrip_blocks`, `break` and `continue`, the tag `generation`, transformers' `tojson`,
/// `raise_exception` and `strftime_now`. What is not known is refused by name with its line.
/// Templates come with models from strangers: their depth, work and output are bounded.
package struct Template: Sendable {
  private let statements: [Statement]
  private let names: [String: Name]

  /// Fails where the text is no template, with the line.
  package init(_ text: String) throws(Failure) {
    do throws(Problem) {
      (statements, names) = try Parser.parse(try Lexer.tokens(text))
    } catch {
      throw error.failure
    }
  }

  /// Runs the template.
  ///
  /// - Parameters:
  ///   - variables: what it knows by name; others are undefined.
  ///   - date: what it takes for today.
  package func render(
    _ variables: [String: TemplateValue], date: TemplateDate = .usual
  ) throws(Failure) -> String {
    let renderer = Renderer(date: date)
    defer { renderer.release() }
    let given = Scope(parent: nil)
    for (name, value) in Globals.all {
      if let name = names[name] { given[name] = value }
    }
    for (name, value) in variables {
      if let name = names[name] { given[name] = value }
    }
    do throws(Problem) {
      _ = try renderer.run(statements, in: Scope(parent: given))
    } catch {
      throw error.failure
    }
    return String(decoding: renderer.output, as: UTF8.self)
  }

  /// Whether a name stands anywhere in the template.
  package func speaks(of name: String) -> Bool { names[name] != nil }
}

extension Problem {
  var failure: Failure {
    Failure(
      .badData, place: "chat template" + (line.map { ", line \($0)" } ?? ""), found: found,
      wanted: wanted,
      advice: wanted == nil
        ? nil : "Use --template plain, or give a template of your own with --template-file.")
  }
}
