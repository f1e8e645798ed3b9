import BoardSupport
import FeederCore
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Data sets are imported through one list of importers, and split by one rule")
struct ImporterTests {
  @Test("each importer has a name of its own, which people can give")
  func names() throws {
    #expect(Set(DatasetImporters.names).count == DatasetImporters.names.count)
    for name in DatasetImporters.names {
      #expect(try DatasetImporters.importer(of: SourceFolder("/"), named: name).type.name == name)
    }
  }

  @Test("a folder is read as what its files say: a data.yaml before DeepPCB's lists, these before a list of classes")
  func recognition() throws {
    let scratch = try Scratch()
    func name() throws -> String { try DatasetImporters.importer(of: SourceFolder(scratch.path), named: nil).type.name }
    #expect(throws: DatasetError.self) { try name() }
    try scratch.write("classes.txt", "open\n")
    #expect(try name() == "yolo")
    try scratch.write("trainval.txt", "a.jpg a.txt\n")
    #expect(try name() == "deeppcb")
    try scratch.write("data.yaml", "train: images\nnames: [open]\n")
    #expect(try name() == "yolo")
  }

  private func dataset(_ splits: [Split?]) -> ImportedDataset {
    let images = splits.enumerated().map { number, split in
      ImportedImage(
        split: split, imageID: "board\(number)", imagePath: "\(number).jpg", labelPath: "all.json",
        objects: .pixels([], []))
    }
    return ImportedDataset(folder: "/set", classNames: ["open"], images: images, ownSplits: [])
  }

  @Test("images that nobody split are shared out by their names; those with a split keep it")
  func splitting() {
    var shared = dataset([.test] + [Split?](repeating: nil, count: 40))
    shared.split(by: SplitRule(valShare: 0.25))
    #expect(shared.images[0].split == .test)
    let expected = SplitRule(valShare: 0.25).splits(of: (1...40).map { "board\($0)" })
    #expect(shared.images.dropFirst().map(\.split) == expected)
    let count = expected.count { $0 == .val }
    #expect((4...18).contains(count) && expected.contains(.train))
    #expect(shared.findings[.val]?.notes == ["\(count) of 40 images, chosen by their names, are 'val'"])
    var own = dataset([.train, .val])
    own.split(by: SplitRule(valShare: 0.25))
    #expect(own.images.map(\.split) == [.train, .val] && own.findings.isEmpty)
    // A data set that names a training split alone keeps it, unless the user gives a share.
    var trained = dataset([Split?](repeating: .train, count: 40))
    trained.split(by: SplitRule(valShare: 0.25))
    #expect(trained.images.allSatisfy { $0.split == .train })
    #expect(trained.findings[.train]?.notes.first?.contains("--val-share") == true)
    var rule = SplitRule(valShare: 0.25, testShare: 0.1)
    rule.takesFromTraining = true
    trained.split(by: rule)
    #expect(trained.images.map(\.split) == rule.splits(of: trained.images.map(\.imageID)))
  }

  @Test("of a share of 0 and of a single image none is 'val'; of two one is, whatever the share")
  func fewImages() {
    #expect(SplitRule(valShare: 0).splits(of: ["a", "b", "c"]) == [.train, .train, .train])
    #expect(SplitRule(valShare: 0.9).splits(of: ["a"]) == [.train])
    for share in [0.01, 0.99] { #expect(Set(SplitRule(valShare: share).splits(of: ["a", "b"])) == [.train, .val]) }
  }
}

@Suite("The pages about formats name what there is")
struct FormatPageTests {
  @Test("docs/own-data.md has a row for each format that prepare reads, and no other")
  func rows() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().resolvingSymlinksInPath()
    let page = try String(contentsOf: root.appending(path: "docs/own-data.md"), encoding: .utf8)
    let names = page.split(separator: "\n").compactMap { row -> String? in
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard row.hasPrefix("|"), cells.count == 5, cells[1].hasPrefix("`"), !cells[1].hasPrefix("`--") else {
        return nil
      }
      return cells[1].trimmingCharacters(in: ["`"])
    }
    #expect(names.sorted() == DatasetImporters.names.filter { $0 != "yolo" }.sorted())
    for name in DatasetExporters.names { #expect(page.contains(name)) }
  }
}
