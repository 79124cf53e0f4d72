import SeerSupport

extension ChatMessage {
  /// A message of a conversation in JSON: `role` and `content`, and whatever else templates know.
  package init(_ json: JSON) throws(Failure) {
    guard json.kind == .object, let role = json["role"]?.string else {
      throw Failure(
        .badData, place: "message", found: json.kind == .object ? "no text `role`" : "no object",
        wanted: "an object with role and content")
    }
    self.init(Role(rawValue: role), json["content"]?.string ?? "")
    for member in json.members {
      let name = String(decoding: member.name, as: UTF8.self)
      if name == "role" || name == "content" && member.value.kind == .string { continue }
      fields.append(Field(name: name, json: member.value.written))
    }
    if json["content"] == nil { fields.append(Field(name: "content", json: "null")) }
  }

  /// The messages of a file: a list, or an object whose `messages` is one.
  package static func conversation(ofFile path: String) throws(Failure) -> [ChatMessage] {
    let file = try JSON(path: path)
    let list = file.kind == .object ? file["messages"] : file
    guard let list, list.kind == .array, list.count > 0 else {
      throw Failure(
        .badData, file: path, found: "no list of messages",
        wanted: "a list of objects with role and content")
    }
    var messages: [ChatMessage] = []
    for (index, element) in list.elements.enumerated() {
      do throws(Failure) {
        messages.append(try ChatMessage(element))
      } catch {
        var failure = error
        failure.file = path
        failure.place = "message \(index + 1)"
        throw failure
      }
    }
    return messages
  }
}
