/// A name of a variable, numbered in the order in which names appear in the template.
struct Name: Hashable, Sendable {
  let number: Int
  let text: String

  /// What a loop calls itself.
  static let loop = Name(number: 0, text: "loop")
}

/// A part of a template that has a value.
final class Expression: Sendable {
  enum Kind: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case text(Text)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case name(Name)
    case attribute(Expression, String)
    case subscripted(Expression, Expression)
    case slice(Expression, start: Expression?, end: Expression?, step: Expression?)
    case call(Expression, CallArguments)
    case filter(Expression, String, CallArguments)
    case test(Expression, String, CallArguments)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression)
    case joined([Expression])
    case comparison(Expression, [(Comparison, Expression)])
    case and(Expression, Expression)
    case or(Expression, Expression)
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
  }

  let line: Int
  let kind: Kind
  /// Expressions in each other, this one included.
  let depth: Int

  init(_ kind: Kind, line: Int, depth: Int) {
    self.kind = kind
    self.line = line
    self.depth = depth
  }
}

enum UnaryOperator: Sendable { case minus, plus, not }

enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

enum Comparison: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

struct CallArguments: Sendable {
  var positional: [Expression] = []
  var named: [(name: String, value: Expression)] = []
  /// After `*` and `**`.
  var rest: Expression?
  var namedRest: Expression?
}

/// What a value is put into.
indirect enum Target: Sendable {
  case name(Name)
  case member(of: Name, String)
  case tuple([Target])

  func has(_ name: Name) -> Bool {
    switch self {
    case .name(let own), .member(let own, _): own == name
    case .tuple(let targets): targets.contains { $0.has(name) }
    }
  }
}

/// A part of a template that writes or does something.
struct Statement: Sendable {
  indirect enum Kind: Sendable {
    case data(Text)
    case output(Expression)
    case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(LoopSyntax)
    case set(Target, Expression)
    case setBlock(Target, filters: [FilterSyntax], body: [Statement])
    case macro(Name, MacroSyntax)
    case call(Expression, CallArguments, caller: MacroSyntax)
    case filterBlock([FilterSyntax], body: [Statement])
    case with([(target: Target, value: Expression)], body: [Statement])
    /// A body with names of its own: `{% generation %}`.
    case scope([Statement])
    case breakLoop
    case continueLoop
  }

  let line: Int
  let kind: Kind
}

struct FilterSyntax: Sendable {
  let name: String
  let arguments: CallArguments
}

struct LoopSyntax: Sendable {
  let target: Target
  let sequence: Expression
  let filter: Expression?
  let isRecursive: Bool
  let body: [Statement]
  let otherwise: [Statement]
}

struct MacroSyntax: Sendable {
  let name: String
  let parameters: [Name]
  /// Of the last parameters.
  let defaults: [Expression]
  let body: [Statement]
  /// The names `caller`, `varargs` and `kwargs`, where the body speaks of them.
  let caller: Name?
  let varargs: Name?
  let kwargs: Name?
}
