import BoardSupport
import FeederCore
import Testing

@testable import FeederDatasets

@Suite("Data sets are imported through one list of importers, and split by one rule")
struct ImporterTests {
  @Test("each importer has a name of its own, which people can give")
  func names() throws {
    #expect(DatasetImporters.names == ["deeppcb", "yolo"])
    for name in DatasetImporters.names {
      #expect(try DatasetImporters.importer(of: "/nowhere", named: name).name == name)
    }
  }

  @Test("a folder is read as what its files say: a data.yaml before DeepPCB's lists, these before a list of classes")
  func recognition() throws {
    let scratch = try Scratch()
    func name() throws -> String { try DatasetImporters.importer(of: scratch.path, named: nil).name }
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
    return ImportedDataset(folder: "/set", classNames: ["open"], images: images, hasOwnVal: false)
  }

  @Test("images that nobody split are shared out by their names; those with a split keep it")
  func splitting() {
    var shared = dataset([.test] + [Split?](repeating: nil, count: 40))
    shared.split(valShare: 0.25)
    #expect(shared.images[0].split == .test)
    let expected = SplitPolicy.splits(of: (1...40).map { "board\($0)" }, valShare: 0.25)
    #expect(shared.images.dropFirst().map(\.split) == expected)
    let count = expected.count { $0 == .val }
    #expect((4...18).contains(count) && expected.contains(.train))
    #expect(shared.findings[.val]?.notes == ["\(count) of 40 images, chosen by their names, are 'val'"])
    var own = dataset([.train, .val])
    own.split(valShare: 0.25)
    #expect(own.images.map(\.split) == [.train, .val] && own.findings.isEmpty)
  }

  @Test("of a share of 0 and of a single image none is 'val'; of two one is, whatever the share")
  func fewImages() {
    #expect(SplitPolicy.splits(of: ["a", "b", "c"], valShare: 0) == [.train, .train, .train])
    #expect(SplitPolicy.splits(of: ["a"], valShare: 0.9) == [.train])
    for share in [0.01, 0.99] { #expect(Set(SplitPolicy.splits(of: ["a", "b"], valShare: share)) == [.train, .val]) }
  }
}
