/// How a tensor's numbers are stored: plain floats, or blocks of quantised weights.
///
/// Raw values are GGML's type numbers
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), and beyond them our own.
package enum BlockType: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q2_k = 10
  case q3_k = 11
  case q4_k = 12
  case q5_k = 13
  case q6_k = 14
  case iq2_xxs = 16
  case iq2_xs = 17
  case iq3_xxs = 18
  case iq1_s = 19
  case iq4_nl = 20
  case iq3_s = 21
  case iq2_s = 22
  case iq4_xs = 23
  case iq1_m = 29
  case bf16 = 30
  case tq1_0 = 34
  case tq2_0 = 35
  case mxfp4 = 39
  /// MXFP4 as safetensors have it: the scales are a tensor of their own (``StoredScales``).
  case mxfp4Apart = 1000
  /// E4M3 floats of one byte, whose scales are a tensor of their own.
  case fp8 = 1001

  /// The types of GGUF files, whose blocks hold all that belongs to them.
  package static let ofGGUF = allCases.filter { !$0.hasScalesApart }

  /// A type by GGML's number; nil for one that there is no reading of.
  package init?(ggml number: UInt32) {
    guard let type = BlockType(rawValue: number), !type.hasScalesApart else { return nil }
    self = type
  }

  package var hasScalesApart: Bool { self == .mxfp4Apart || self == .fp8 }

  /// Whether every number is a float by itself.
  package var isPlain: Bool { self == .f32 || self == .f16 || self == .bf16 }

  /// GGML's name, such as `Q4_K`, or safetensors'.
  package var name: String {
    switch self {
    case .mxfp4Apart: "MXFP4"
    case .fp8: "F8_E4M3"
    default: Self.names[rawValue] ?? "type \(rawValue)"
    }
  }

  /// Weights in one block; a row is a whole number of blocks.
  package var weights: Int {
    switch self {
    case .f32, .f16, .bf16, .fp8: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl, .mxfp4, .mxfp4Apart: 32
    case .q2_k, .q3_k, .q4_k, .q5_k, .q6_k, .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs,
      .iq3_s, .iq4_xs, .tq1_0, .tq2_0:
      256
    }
  }

  /// Bytes of one block, without scales that lie apart.
  package var bytes: Int {
    switch self {
    case .fp8: 1
    case .f16, .bf16: 2
    case .f32: 4
    case .mxfp4Apart: 16
    case .mxfp4: 17
    case .q4_0, .iq4_nl: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .iq1_s: 50
    case .tq1_0: 54
    case .iq1_m: 56
    case .iq2_xxs, .tq2_0: 66
    case .iq2_xs: 74
    case .iq2_s: 82
    case .q2_k: 84
    case .iq3_xxs: 98
    case .q3_k, .iq3_s: 110
    case .iq4_xs: 136
    case .q4_k: 144
    case .q5_k: 176
    case .q6_k: 210
    }
  }

  /// GGML's names of its types, with those that this build cannot read.
  private static let names: [UInt32: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
    10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
    17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
    23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16",
    34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
  ]

  /// What a message calls a type by its number.
  static func knownName(_ raw: UInt32) -> String {
    names[raw].map { "\($0) (type \(raw))" } ?? "type \(raw)"
  }
}
