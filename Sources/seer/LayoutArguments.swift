import ArgumentParser
import SeerProjection

/// A layout by its name, as `--method` takes it.
struct LayoutArgument: ExpressibleByArgument {
  let layout: any Layout

  init(_ layout: any Layout) { self.layout = layout }

  init?(argument: String) {
    guard let layout = Layouts.named(argument) else { return nil }
    self.layout = layout
  }

  var defaultValueDescription: String { layout.name }

  static var allValueStrings: [String] { Layouts.names }
}

/// The options that the registered layouts read. They are not declared one by one: a layout brings
/// its own, and help and messages follow.
enum LayoutArguments {
  /// `--name value` or `--name=value` for every option, in any order.
  static func settings(
    _ arguments: [String], for layout: any Layout, components: Int, seed: UInt64
  ) throws -> (settings: LayoutSettings, notes: [String]) {
    var settings = LayoutSettings(components: components, seed: seed)
    var notes: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard argument.hasPrefix("--") else {
        throw ValidationError("Unexpected argument '\(argument)'.")
      }
      let name = parts[0].dropFirst(2)
      guard let (known, layouts) = Layouts.options.first(where: { $0.option.name == name }) else {
        throw ValidationError("Unknown option '\(parts[0])'.")
      }
      guard let text = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
        throw ValidationError("Missing value for '\(parts[0]) <\(name)>'.")
      }
      // The method's own range, where it has one.
      let option = layout.options.first { $0.name == name } ?? known
      guard let value = option.value(text), (try? option.check(value)) != nil else {
        throw ValidationError("--\(name): found \(text), wanted \(option.wanted).")
      }
      settings[option] = value
      if !layout.options.contains(option) {
        notes.append(
          "--\(name) is read by \(layouts.map(\.title).joined(separator: ", ")), not by "
            + "\(layout.title).")
      }
    }
    return (settings, notes)
  }

  /// A line for every option, for the help of a command.
  static var help: String {
    Layouts.options.map { option, layouts in
      let names = layouts.map(\.title).joined(separator: ", ")
      return "  --\(option.name) <\(option.name)>\n      \(names): \(option.help) "
        + "(default: \(option.text(option.standard)))"
    }.joined(separator: "\n")
  }
}
