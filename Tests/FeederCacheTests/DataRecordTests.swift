import BoardSupport
import FeederDatasets
import Foundation
import Testing

@testable import FeederCache

@Suite("The record of a run's data knows the same data again, and names the first difference of other data")
struct DataRecordTests {
  private func record(
    _ boards: TemporaryBoards, _ cache: CacheChoice = .none, names: [String] = ["a", "b", "c"]
  ) throws -> DataRecord {
    var options = SourceOptions(imageSize: 64)
    options.cache = cache
    options.channels = 1
    options.cacheFolder = boards.folder.appending(path: "caches").path
    let opened = try SourceOpener(try boards.dataset(), options).open(.train)
    return try DataRecord(classNames: names, [(split: .train, opened: opened)])
  }

  @Test("Every form of cache, and none, gives one record; so do the same files in another place")
  func sameData() throws {
    let boards = try TemporaryBoards(count: 6)
    try boards.overwrite(2, with: Array("no image".utf8))
    let plain = try record(boards)
    for cache in [CacheChoice.jpeg, .pixels] {
      let cached = try record(boards, cache)
      #expect(plain.difference(to: cached) == nil && cached.sum == plain.sum)
    }
    let moved = try record(TemporaryBoards(count: 6))
    #expect(moved.images.count == 6)
    #expect(plain.difference(to: moved)?.contains("board1002") == true)
    let same = try (record(TemporaryBoards(count: 6)), moved)
    #expect(same.0 == same.1 && same.0.sum == same.1.sum)
  }

  @Test("Labels are compared by value: another spelling is no difference")
  func spelling() throws {
    let boards = try TemporaryBoards(count: 2)
    let before = try record(boards)
    try Data("0 .5 0.50 3.333e-1 0.3333\n\n1 0.2 0.7 0.25 0.2".utf8).write(
      to: URL(filePath: boards.entries[0].labelPath))
    #expect(before.difference(to: try record(boards)) == nil)
  }

  @Test("The first difference is named: image, labels, a new or a missing image, a class")
  func differences() throws {
    func difference(_ change: (TemporaryBoards) throws -> Void, names: [String] = ["a", "b", "c"]) throws -> String {
      let boards = try TemporaryBoards(count: 4)
      let before = try record(boards)
      try change(boards)
      let now = try record(boards, names: names)
      #expect((before.sum == now.sum) == (before == now))
      return before.difference(to: now) ?? ""
    }
    let labels = try difference { boards in
      for entry in boards.entries[1...2] {
        try Data("0 0.5 0.5 0.1 0.1\n".utf8).write(to: URL(filePath: entry.labelPath))
      }
    }
    #expect(labels == "image board1001 of train has other labels than when the run began (2 images differ)")
    let image = try difference { try $0.overwrite(3, with: $0.jpeg(2)) }
    #expect(image == "image board1003 of train shows something else than when the run began")
    let gone = try difference { boards in
      for path in [boards.entries[0].imagePath, boards.entries[0].labelPath] {
        try FileManager.default.removeItem(atPath: path)
      }
    }
    #expect(gone == "image board1000 of train is missing, but was there when the run began")
    let added = try difference { boards in
      let path = boards.entries[0].imagePath
      try FileManager.default.copyItem(atPath: path, toPath: path.replacing("board1000", with: "other"))
    }
    #expect(added == "image other of train was not there when the run began")
    #expect(try difference({ _ in }, names: ["b", "a", "c"]) == "class 0 is 'b', and was 'a' when the run began")
    #expect(try difference({ _ in }, names: ["a", "b"]).hasPrefix("there are 2 classes"))
    #expect(try difference { _ in } == "")
  }

  @Test("A record comes back from its file as it was, whatever the names")
  func file() throws {
    let boards = try TemporaryBoards(count: 3)
    let before = try record(boards, names: ["a,b", "say \"c\"", "短路"])
    #expect(try DataRecord([UInt8](before.text.utf8), path: "data.csv") == before)
  }

  @Test("A file that was cut anywhere, or lost a line, is refused by name")
  func cut() throws {
    let boards = try TemporaryBoards(count: 3)
    let text = [UInt8](try record(boards).text.utf8)
    for count in 0..<text.count {
      let error = #expect(throws: DatasetError.self) { try DataRecord(Array(text[..<count]), path: "run/data.csv") }
      #expect(error?.description.hasPrefix("run/data.csv: is ") == true)
    }
    var lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    lines.remove(at: 4)
    #expect(throws: DatasetError.self) { try DataRecord([UInt8](lines.joined(separator: "\n").utf8), path: "x") }
  }
}
