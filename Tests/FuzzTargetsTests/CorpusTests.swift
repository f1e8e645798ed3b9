import Foundation
import FuzzTargets
import Testing

@Suite("No file that was ever found to harm Feeder, or is known to harm others, harms it again")
struct CorpusTests {
  private enum Corpus {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "FuzzTargets/Corpus")
  }

  /// Reads every input of a target. Each takes milliseconds; one that takes a second is a fault.
  @Test("Inputs of the fuzzer's corpus are read or refused", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) throws {
    let folder = Corpus.folder.appending(path: target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(!names.isEmpty, "\(folder.path) holds no input")
    for name in names {
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
      let time = ContinuousClock().measure { target.read(bytes) }
      #expect(time < .seconds(5), "\(target.rawValue)/\(name) took \(time)")
    }
  }

  /// A target that refuses every input would test nothing.
  @Test("What Feeder's own writers write is accepted", arguments: FuzzTarget.allCases)
  func seeds(target: FuzzTarget) throws {
    for (number, seed) in try target.seeds().enumerated() {
      let isSettings = target == .yaml && number == 2  // an args.yaml is not a data.yaml
      #expect(target.read(seed) != isSettings, "seed \(number)")
    }
  }

  @Test("A cache is accepted with checksums that are wrong: the fuzzer mends them")
  func mended() throws {
    for seed in try FuzzTarget.cache.seeds() {
      var wrong = seed
      for place in [120, seed.count - 16, seed.count - 8] { wrong[place] ^= 1 }
      #expect(FuzzTarget.cache.read(wrong))
    }
  }
}
