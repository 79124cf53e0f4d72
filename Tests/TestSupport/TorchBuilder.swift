/// Writes files as `torch.save` does, right ones and wrong ones.
package struct TorchBuilder {
  package struct Tensor {
    package var name: String
    /// PyTorch's storage class without its ending: `Float`.
    package var type: String
    package var shape: [Int]
    package var bytes: [UInt8]

    package init(_ name: String, type: String = "Float", shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
    }
  }

  package var tensors: [Tensor]
  /// In place of the tensors' own.
  package var pickle: [UInt8]?
  /// Beside the tensors' own.
  package var entries: [ZipBuilder.Entry] = []

  package init(_ tensors: [Tensor] = []) { self.tensors = tensors }

  package var zip: ZipBuilder {
    let members = tensors.enumerated().map { number, tensor in
      let count = tensor.bytes.count / (Self.sizes[tensor.type] ?? 1)
      var strides = [Int](repeating: 1, count: tensor.shape.count)
      for axis in strides.indices.dropLast().reversed() {
        strides[axis] = strides[axis + 1] * tensor.shape[axis + 1]
      }
      return Pickled.text(tensor.name)
        + Pickled.tensor(
          Pickled.storage(tensor.type, "\(number)", count), shape: tensor.shape, strides: strides)
    }
    let program = pickle ?? Pickled.program(Pickled.dictionary(members))
    return ZipBuilder(
      [.init("x/data.pkl", program), .init("x/byteorder", Array("little".utf8))]
        + tensors.enumerated().map { .init("x/data/\($0)", $1.bytes) } + entries)
  }

  package var bytes: [UInt8] { zip.bytes }

  static let sizes = [
    "Float": 4, "Half": 2, "BFloat16": 2, "Double": 8, "Long": 8, "Int": 4, "Bool": 1,
  ]
}

/// Parts of pickles: each puts one value on the stack.
package enum Pickled {
  package static func program(_ value: [UInt8], version: UInt8 = 2) -> [UInt8] {
    [0x80, version] + value + [UInt8(ascii: ".")]
  }

  package static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "X")] + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  package static func integer(_ value: Int) -> [UInt8] {
    [0x8A, 8] + little(UInt64(bitPattern: Int64(value)))
  }

  package static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  package static func tuple(_ items: [[UInt8]]) -> [UInt8] {
    [UInt8(ascii: "(")] + items.joined() + [UInt8(ascii: "t")]
  }

  package static func integers(_ values: [Int]) -> [UInt8] { tuple(values.map(integer)) }

  /// - members: a name and a value each.
  package static func dictionary(_ members: [[UInt8]]) -> [UInt8] {
    Array("}(".utf8) + members.joined() + [UInt8(ascii: "u")]
  }

  package static func call(_ function: [UInt8], _ arguments: [UInt8]) -> [UInt8] {
    function + arguments + [UInt8(ascii: "R")]
  }

  package static let emptyDictionary = call(global("collections", "OrderedDict"), Array(")".utf8))
  package static let no: [UInt8] = [0x89]

  package static func storage(_ type: String, _ key: String, _ count: Int) -> [UInt8] {
    tuple([
      text("storage"), global("torch", type + "Storage"), text(key), text("cpu"), integer(count),
    ])
      + [UInt8(ascii: "Q")]
  }

  package static func tensor(
    _ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]
  ) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"),
      tuple([storage, integer(offset), integers(shape), integers(strides), no, emptyDictionary]))
  }
}
