import Foundation
import TestSupport
import Testing

/// Places that cannot be written to: exit code 73, and whatever was there before is still there.
struct BadOutputTests {
  let seer: Seer

  init() throws {
    seer = try Seer()
    _ = try seer.concepts()
  }

  /// Mounts a file system of 64 KB, where this process may.
  func withTinyDisk(_ body: (_ path: String) throws -> Void) throws {
    let disk = seer.folder("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    let mounted = try seer.shell("mount -t tmpfs -o size=64k tmpfs '\(disk)'")
    try #require(mounted.status == 0, "only root may mount: \(mounted.errors)")
    defer { _ = try? seer.shell("umount '\(disk)'") }
    try body(disk)
  }

  static let isRoot = geteuid() == 0

  @Test(arguments: ["/proc/seer-run", "concepts.csv/run", "concepts.csv"])
  func aRunThatCannotBeMade(folder: String) throws {
    try seer("extract", "--concepts", "concepts.csv", "--run", folder).expect(
      73, folder, "found ", "hoose another folder")
    #expect(try bytes(ofFile: seer.folder("concepts.csv")) == Array(Seer.text.utf8))
  }

  @Test(.disabled(if: isRoot, "permissions do not stop root"))
  func aReadOnlyFolder() throws {
    let outcome = try seer.shell(
      "mkdir locked; chmod 555 locked; $SEER extract --concepts concepts.csv --run locked/run")
    outcome.expect(73, "locked/run")
  }

  @Test func aFolderWithOtherFiles() throws {
    try FileManager.default.createDirectory(
      atPath: seer.folder("run"), withIntermediateDirectories: false)
    try seer.folder.write("dear diary", to: "run/diary.txt")
    try seer("extract", "--concepts", "concepts.csv", "--run", "run").expect(
      73, "run: found a folder with other files")
    #expect(try names(inFolder: seer.folder("run")) == ["diary.txt"])
  }

  @Test func anotherRun() throws {
    #expect(try seer("extract", "--concepts", "concepts.csv", "--run", "run").status == 0)
    let before = try seer.contents(seer.folder("run"))
    try seer(
      "extract", "--concepts", "concepts.csv", "--run", "run", "--position", "mean"
    ).expect(73, "another run, which differs in position (last)")
    #expect(try seer.contents(seer.folder("run")) == before)
  }

  @Test(arguments: ["/proc/map.csv", "concepts.csv/map.csv", "none/map.csv", "run"])
  func aMapThatCannotBeWritten(output: String) throws {
    #expect(try seer("extract", "--concepts", "concepts.csv", "--run", "run").status == 0)
    let before = try seer.contents(seer.folder("run"))
    try seer("project", "--run", "run", "--layer", "1", "--output", output).expect(
      73, output, "found ")
    #expect(try seer.contents(seer.folder("run")) == before)
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !$0.hasSuffix(".partial") })
  }

  // MARK: A full disk

  /// A limit on the size of files behaves as a full disk does, and needs no privileges.
  @Test func noRoomForARun() throws {
    let outcome = try seer.shell(
      "ulimit -f 4; exec $SEER extract --concepts concepts.csv --run run --position all")
    outcome.expect(
      73, "run/states.safetensors.partial: found ", "File too large", "Free some space")
    // With room the same command goes on.
    #expect(
      try seer(
        "extract", "--concepts", "concepts.csv", "--run", "run", "--position", "all"
      ).status == 0)
    #expect(
      try names(inFolder: seer.folder("run")) == ["rows.csv", "run.json", "states.safetensors"])
  }

  @Test func noRoomForAMapOverAnOldOne() throws {
    #expect(
      try seer("extract", "--concepts", "concepts.csv", "--run", "run", "--position", "all")
        .status == 0)
    try seer.folder.write("x,y,row,concept\n", to: "map.csv")
    let outcome = try seer.shell(
      "ulimit -f 1; exec $SEER project --run run --layer 1 --components 8 --output map.csv")
    outcome.expect(73, "map.csv", "File too large", "Free some space")
    #expect(try bytes(ofFile: seer.folder("map.csv")) == Array("x,y,row,concept\n".utf8))
    #expect(try names(inFolder: seer.folder.path).allSatisfy { !$0.hasSuffix(".partial") })
  }

  /// What was trained is lost with the disk's last block, but what the folder holds is whole.
  @Test func noRoomForACheckpoint() throws {
    let rows = (0..<4).flatMap { ["a red thing \($0),x", "the sea \($0),y"] }
    _ = try seer.concepts("prompt,value\n" + rows.joined(separator: "\n") + "\n")
    try seer.folder.write(
      "prompt,response\nhello,you\nis,it\nno,yes\nthe,end\nand,so\n", to: "r.csv")
    let command =
      "$SEER train --concepts concepts.csv --retain r.csv --layer 2 --adapter ad --batch 4 "
      + "--retain-batch 2 --max-tokens 16 --steps 4 --evaluate-every 2 --template plain"
    let outcome = try seer.shell("ulimit -f 16; exec " + command)
    outcome.expect(
      73, "ad/checkpoint.safetensors.partial: found ", "File too large", "Free some space")
    #expect(
      try names(inFolder: seer.folder("ad")) == [
        "clusters.safetensors", "log.csv", "log.jsonl",
      ])
    #expect(try seer.shell(command + " --resume").status == 0)
    #expect(
      try names(inFolder: seer.folder("ad")) == [
        "adapter_config.json", "adapter_model.safetensors", "clusters.safetensors", "log.csv",
        "log.jsonl", "preset.json", "recipe.json",
      ])
  }

  @Test func noRoomForTheResult() throws {
    for arguments in [
      ["model"], ["model", "--json"], ["generate", "--prompt", "Hi", "--tokens", "3"],
    ] {
      try seer.run(Seer.program, arguments, output: "/dev/full").expect(
        73, "standard output: found writing failed: No space left on device")
    }
  }

  @Test func aReaderThatGoesAwayIsNoFault() throws {
    let outcome = try seer.shell("$SEER tokenize \"$(seq 1 4000)\" | head -n 1")
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty && outcome.output == "52\t1\n")
  }

  @Test func nobodyListeningToMessagesIsNoFault() throws {
    let outcome = try seer.shell(
      "$SEER extract --concepts concepts.csv --run run --json 2>/dev/full")
    _ = try outcome.json()
    let closed = try seer.shell("$SEER extract --concepts concepts.csv --run run --json 2>&-")
    _ = try closed.json()
  }

  @Test(.enabled(if: isRoot, "only root may mount a small disk"))
  func aFullDisk() throws {
    try withTinyDisk { disk in
      try seer.folder.write("keep me", to: "disk/note.txt")
      let outcome = try seer(
        "extract", "--concepts", "concepts.csv", "--run", disk + "/run", "--position", "all")
      outcome.expect(73, disk + "/run/states.safetensors.partial", "No space left on device")
      #expect(try bytes(ofFile: disk + "/note.txt") == Array("keep me".utf8))
      // What fits still works.
      #expect(
        try seer(
          "extract", "--concepts", "concepts.csv", "--run", disk + "/small", "--limit", "1"
        ).status == 0)
    }
  }
}
