import SeerSupport

/// Models whose weights were made smaller by GPTQ, AWQ, bitsandbytes and others: none of their forms
/// is read, and each is refused by its name.
extension HuggingFaceFolder {
  static func refuseQuantised(_ configuration: JSON, _ path: String) throws(Failure) {
    guard let settings = configuration["quantization_config"], settings.kind == .object,
      settings.count > 0
    else { return }
    let bits = ["load_in_4bit", "load_in_8bit", "_load_in_4bit", "_load_in_8bit"]
    let method =
      settings["quant_method"]?.string
      ?? (bits.contains { settings[$0]?.bool == true } ? "bitsandbytes" : "of no named method")
    throw Failure(
      .badData, file: path, place: "key quantization_config.quant_method", found: "`\(method)`",
      wanted: "weights in F32, F16 or BF16", advice: advice(method))
  }

  /// What is left of such weights where `config.json` does not tell.
  static func refuseQuantised(_ files: [TensorFile]) throws(Failure) {
    for file in files {
      let names = (Array(file.tensors.keys) + Array(file.otherTypes.keys)).sorted()
      for name in names {
        guard let (_, method) = tensorEndings.first(where: { name.hasSuffix($0.ending) }) else {
          continue
        }
        throw Failure(
          .badData, file: file.file.path, place: "tensor \(name)", found: "a weight of \(method)",
          wanted: "weights in F32, F16 or BF16", advice: advice(method))
      }
    }
  }

  private static let tensorEndings: [(ending: String, method: String)] = [
    (".qweight", "GPTQ or AWQ"), (".qzeros", "GPTQ or AWQ"), (".g_idx", "GPTQ"),
    (".weight.absmax", "bitsandbytes"), (".weight.quant_map", "bitsandbytes"),
    (".SCB", "bitsandbytes"),
  ]

  private static func advice(_ method: String) -> String {
    method == "bitsandbytes"
      ? "Load it with transformers, call model.dequantize() and save_pretrained, or use the model's "
        + "unquantised form."
      : "Use the model's unquantised form, or a GGUF file of it."
  }
}
