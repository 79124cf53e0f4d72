import ArgumentParser
import SeerFigures
import SeerSupport

/// A picture's file: its name says how it is drawn.
struct FigureFile {
  enum Format: String { case svg, png }

  let path: String
  let format: Format

  init(_ path: String, option: String) throws {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    guard let format = Format(rawValue: ending) else {
      throw ValidationError("\(option): found \(path), wanted a file ending in .svg or .png.")
    }
    self.path = path
    self.format = format
  }

  func write(_ picture: Picture, title: String) throws {
    switch format {
    case .svg: try OutputFile.write(picture.svg(title: title), to: path)
    case .png: try OutputFile.write(picture.png(), to: path)
    }
  }
}
