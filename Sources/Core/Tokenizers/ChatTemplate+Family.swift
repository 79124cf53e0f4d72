extension ChatTemplate {
  /// The families by the names the commands print; `none`: no template, `other`: one of no known
  /// family.
  package enum Family: String, CaseIterable, Sendable {
    case chatml, llama3, mistral, gemma, phi3, zephyr, none, other

    /// Tells templates apart by the turn markers in their text. What they write is found by running
    /// them.
    package init(of text: String?) {
      let bytes = Array((text ?? "").utf8)
      func has(_ part: String) -> Bool { bytes.firstRange(of: Array(part.utf8)) != nil }
      self =
        if bytes.allSatisfy({ $0 == 0x20 || 9...13 ~= $0 }) {
          .none
        } else if has("<|im_start|>") {
          // Phi-4 has ChatML's first marker but separates role and content by another.
          has("<|im_sep|>") ? .other : .chatml
        } else if has("<|start_header_id|>") {
          .llama3
        } else if has("<start_of_turn>") {
          .gemma
        } else if has("<|assistant|>") {
          // Phi-4-mini builds its markers from the role's name and writes no newlines.
          if has("'<|' + message") {
            .other
          } else if has("<|end|>") {
            .phi3
          } else {
            has("eos_token") || has("</s>") ? .zephyr : .other
          }
        } else if has("[INST]") {
          // Llama 2 writes [INST] too, with its system prompt between <<SYS>> marks.
          has("<<SYS>>") || has("[SYSTEM_PROMPT]") ? .other : .mistral
        } else {
          .other
        }
    }
  }
}
