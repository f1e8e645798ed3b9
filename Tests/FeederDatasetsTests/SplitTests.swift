import BoardSupport
import FeederCodecs
import FeederCore
import FeederImaging
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Images that nobody split are shared out by their names, or by their groups")
struct SplitTests {
  private let ids = (0..<200).map { "panel\($0 / 4)/board\($0)" }

  @Test("a share of test takes images of training alone; another seed chooses other images; more images move none")
  func shares() {
    let plain = SplitRule(valShare: 0.2).splits(of: ids)
    let both = SplitRule(valShare: 0.2, testShare: 0.2).splits(of: ids)
    #expect(zip(plain, both).allSatisfy { $0 == $1 || ($0 == .train && $1 == .test) })
    for split in [Split.val, .test] { #expect((20...60).contains(both.count { $0 == split })) }
    var seeded = SplitRule(valShare: 0.2, testShare: 0.2)
    seeded.seed = 7
    #expect(seeded.splits(of: ids) != both && seeded.splits(of: ids) == seeded.splits(of: ids))
    let more = SplitRule(valShare: 0.2, testShare: 0.2).splits(of: ids + ["new1", "new2"])
    #expect(Array(more.prefix(ids.count)) == both)
  }

  @Test(
    "each split with a share has an image, training first, then val",
    arguments: [(1, 0.5, 0.4), (2, 0.5, 0.4), (3, 0.01, 0.01), (3, 0.01, 0.98), (3, 0.98, 0.01), (9, 0, 0.01)])
  func few(count: Int, valShare: Double, testShare: Double) {
    let splits = SplitRule(valShare: valShare, testShare: testShare).splits(of: (0..<count).map { "a\($0)" })
    #expect(splits.contains(.train))
    #expect(splits.contains(.val) == (count > 1 && valShare > 0))
    #expect(splits.contains(.test) == (valShare > 0 ? count > 2 : count > 1))
  }

  @Test("all images of a group get one split: a regular expression with and without parentheses, and a CSV file")
  func groups() throws {
    let scratch = try Scratch()
    let rows = ids.map { "C:\\pictures\\\($0.split(separator: "/")[1]).jpg;\($0.split(separator: "/")[0])" }
    let csv = try scratch.write("groups.csv", "\u{FEFF}Image;Group\r\n" + rows.joined(separator: "\r\n"))
    try scratch.write(
      "plain.csv", ids.map { "\($0),\"\($0.split(separator: "/")[0])\"" }.joined(separator: "\n"))
    for text in ["panel[0-9]+", "(panel[0-9]+)/board", scratch.path + "/plain.csv"] {
      var rule = SplitRule(valShare: 0.3, testShare: 0.2)
      rule.groups = try ImageGroups(text)
      let splits = rule.splits(of: ids)
      let byGroup = Dictionary(grouping: ids.indices) { ids[$0].split(separator: "/")[0] }
      #expect(byGroup.count == 50 && byGroup.values.allSatisfy { Set($0.map { splits[$0] }).count == 1 })
      #expect(Set(splits) == [.train, .val, .test])
    }
    // A list that was written elsewhere names images by other folders: their own names count.
    let names = try ImageGroups(csv).names(of: ids + ["other/x"])
    #expect(names.groupless == ids + ["other/x"])
    let own = try scratch.write("own.csv", "board0.jpg,a\nboard1,a\n")
    #expect(try ImageGroups(own).names(of: ["panel0/board0", "board1", "board2"]).names == ["a", "a", "board2"])
  }

  @Test("what is no regular expression, and a list with other columns or two groups for an image, are refused by line")
  func badGroups() throws {
    let scratch = try Scratch()
    #expect(failure { _ = try ImageGroups("(panel") }.contains("neither a regular expression nor a .csv file"))
    #expect(failure { _ = try ImageGroups("none.csv") }.contains("none.csv: cannot be read"))
    for (text, problem) in [
      ("a.jpg,b,c\n", "groups.csv, line 1: has 3 values, not 2"), ("a.jpg,1\nb.jpg\n", "line 2: has 1 values"),
      ("a.jpg,1\n\na.png,2\n", "line 3: puts 'a.png' into the group '2', and line 1 into '1'"),
      ("a.jpg,\"1\n", "line 1: begins a quoted value that does not end"), ("a\0b\0", "is not UTF-8 text"),
    ] {
      let file = try scratch.write("groups.csv", text)
      #expect(failure { _ = try ImageGroups(file) }.contains(problem))
    }
  }

  @Test("prepare: three splits from one folder, written, described and read back; groups across splits are listed")
  func prepared() throws {
    let scratch = try Scratch()
    for number in 0..<30 {
      try scratch.write("in/images/p\(number / 5)_\(number).jpg", bytes: greyJPEG(UInt8(number)))
    }
    try scratch.write("in/classes.txt", "open\n")
    var rule = SplitRule(valShare: 0.3, testShare: 0.3)
    rule.groups = try ImageGroups("^p[0-9]+")
    let source = try PreparationSource.read(scratch.path + "/in", rule: rule)
    #expect(source.splits == [.train, .val, .test] && source.ownSplits.isEmpty)
    let (out, audit) = try source.write(to: scratch.path + "/out", settings: PreparationSettings())
    #expect(audit.groupsAcrossSplits.isEmpty)
    #expect(audit.findings[.test]?.notes.first?.contains("groups, chosen by the groups' names, are 'test'") == true)
    let dataset = try Dataset.open(out)
    #expect(dataset.splits == [.train, .val, .test])
    let counts = try dataset.splits.map { try dataset.entries($0).count }
    #expect(counts.reduce(0, +) == 30 && counts.allSatisfy { $0 > 0 && $0 % 5 == 0 })

    // Its own splits stay, and are judged.
    rule.groups = try ImageGroups("_.*(.)$")
    let again = try PreparationSource.read(out, rule: rule)
    #expect(again.ownSplits == [.val, .test] && again.imageCount == 30)
    #expect(again.groupsAcrossSplits.contains { $0.hasPrefix("1: train/p") })
  }

  @Test("a data.yaml with train and val gets a test from train; one whose test is not there too")
  func fromTrain() throws {
    let scratch = try Scratch()
    for number in 0..<20 { try scratch.write("images/train/\(number).jpg", bytes: greyJPEG(UInt8(number))) }
    try scratch.write("images/val/v.jpg", bytes: greyJPEG(99))
    for test in ["", "test: ../test/images\n"] {
      try scratch.write("data.yaml", "train: images/train\nval: images/val\n\(test)names: [open]\n")
      let dataset = try Dataset.open(scratch.path, rule: SplitRule(valShare: 0.5, testShare: 0.3))
      #expect(dataset.splits == [.train, .val, .test])
      let ids = try dataset.splits.map { try dataset.entries($0).map(\.imageID) }
      #expect(ids[1] == ["v"] && Set(ids[0]).isDisjoint(with: ids[2]) && ids[0].count + ids[2].count == 20)
    }
  }
}

@Suite("Pictures that look alike are found across splits")
struct NearImageTests {
  /// A picture of a few bright boards on a dark ground, the same for one `seed`.
  private func picture(_ seed: UInt64, shift: Int = 0, noise: UInt64? = nil) throws -> [UInt8] {
    var pixels = Pixels(size: PixelSize(width: 320, height: 240), channels: 1, value: 30)
    for board in 0..<12 {
      let hash = Checksum.xxh64([UInt8(board)], seed: seed)
      let (x0, y0) = (Int(hash % 280), Int((hash >> 16) % 200))
      for y in y0..<min(y0 + 40, 240) {
        for x in x0..<min(x0 + 40, 320) { pixels.bytes[y * 320 + (x + shift) % 320] = UInt8(80 + (hash >> 40) % 160) }
      }
    }
    if let noise {
      for place in pixels.bytes.indices {
        let more = Checksum.xxh64([UInt8(place & 255), UInt8(place >> 8 & 255)], seed: noise) % 5
        let level = Int(pixels.bytes[place]) + Int(more)
        pixels.bytes[place] = UInt8(min(level, 255))
      }
    }
    let encoder = try JPEGEncoder()
    return try pixels.withView { (view) throws -> [UInt8] in try encoder.encode(view, quality: noise == nil ? 90 : 60) }
  }

  @Test("the same board taken again, with noise and other compression, is found in another split; other boards are not")
  func boards() throws {
    let scratch = try Scratch()
    for number in 0..<8 { try scratch.write("in/images/train/\(number).jpg", bytes: picture(UInt64(number))) }
    try scratch.write("in/images/val/again.jpg", bytes: picture(3, noise: 5))
    try scratch.write("in/images/val/other.jpg", bytes: picture(100))
    try scratch.write("in/data.yaml", "train: images/train\nval: images/val\nnames: [open]\n")
    let audit = try scratch.prepare("in")
    #expect(audit.nearAcrossSplits.count == 1)
    let near = try #require(audit.nearAcrossSplits.first)
    #expect((near.split, near.other, near.count, near.imageCount) == (.val, .train, 1, 2))
    #expect(near.first == [["val/again", "train/3"]])
    #expect(audit.duplicatesAcrossSplits.isEmpty)
  }

  @Test("the search by pieces finds what a look at all pairs finds")
  func search() {
    func random(_ number: Int) -> UInt64 { Checksum.xxh64([UInt8(number & 255), UInt8(number >> 8)], seed: 11) }
    func hash(_ bits: UInt64) -> DifferenceHash { DifferenceHash(bits: bits) }
    let train = (0..<300).map { ("t\($0)", hash(random($0))) }
    let val = (0..<300).map { number -> (String, DifferenceHash) in
      let flips = (0..<(number % 9)).reduce(UInt64(0)) { $0 ^ 1 << (random(1000 + number + 300 * $1) % 64) }
      return ("v\(number)", hash(random(number) ^ flips))
    }
    let wanted = val.filter { image in train.contains { $0.1.distance(to: image.1) <= DifferenceHash.nearBitCount } }
    func named(_ images: [(String, DifferenceHash)]) -> [(name: String, hash: DifferenceHash)] {
      images.map { (name: $0.0, hash: $0.1) }
    }
    let found = NearImages.across([.train: named(train), .val: named(val)])
    #expect(found.first?.count == wanted.count && wanted.count > 100 && wanted.count < 300)
    #expect(NearImages.across([.train: named(train)]).isEmpty)
  }

  @Test("an image of one pixel and one of one row have a hash")
  func tiny() {
    for (width, height) in [(1, 1), (1, 50), (50, 1), (9, 8)] {
      for channels in [1, 3] {
        let bytes = [UInt8](repeating: 9, count: width * height * channels)
        let hash = DifferenceHash(bytes, width: width, height: height, channels: channels)
        #expect(hash.bits == 0)
      }
    }
  }
}
