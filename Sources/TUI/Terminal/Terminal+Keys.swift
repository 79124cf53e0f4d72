import CNcurses

extension Terminal {
  package static func key(character code: UInt32) -> Key? {
    switch code {
    case 9: return .tab
    case 10, 13: return .enter
    case 27: return .escape
    case 8, 127: return .backspace
    case 0: return .control(" ")
    case 1...26: return Unicode.Scalar(code + 0x60).map { .control($0) }
    case 28...31: return Unicode.Scalar(code + 0x40).map { .control($0) }
    default: return Unicode.Scalar(code).map { .character($0) }
    }
  }

  package static func key(code: UInt32) -> Key? {
    let table: [(sn_key, Key)] = [
      (SN_KEY_UP, .up), (SN_KEY_DOWN, .down), (SN_KEY_LEFT, .left), (SN_KEY_RIGHT, .right),
      (SN_KEY_HOME, .home), (SN_KEY_END, .end), (SN_KEY_PAGE_UP, .pageUp),
      (SN_KEY_PAGE_DOWN, .pageDown), (SN_KEY_ENTER, .enter), (SN_KEY_BACKSPACE, .backspace),
      (SN_KEY_DELETE, .delete), (SN_KEY_INSERT, .insert), (SN_KEY_BACK_TAB, .backTab),
      (SN_KEY_SHIFT_UP, .shiftUp), (SN_KEY_SHIFT_DOWN, .shiftDown),
      (SN_KEY_SHIFT_LEFT, .shiftLeft), (SN_KEY_SHIFT_RIGHT, .shiftRight),
    ]
    if let found = table.first(where: { $0.0.rawValue == code }) { return found.1 }
    let function = Int(code) - Int(SN_KEY_FUNCTION.rawValue)
    return (1...24).contains(function) ? .function(function) : nil
  }

  package static func action(_ code: UInt32) -> Mouse.Action? {
    switch sn_mouse_action(rawValue: code) {
    case SN_LEFT_DOWN: .left
    case SN_UP: .release
    case SN_MIDDLE_DOWN: .middle
    case SN_RIGHT_DOWN: .right
    case SN_WHEEL_UP: .wheelUp
    case SN_WHEEL_DOWN: .wheelDown
    case SN_MOVED: .drag
    default: nil
    }
  }
}
