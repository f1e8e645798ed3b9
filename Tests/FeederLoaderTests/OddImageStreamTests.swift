import BoardSupport
import FeederCache
import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging
import Foundation
import Testing

@testable import FeederLoader

/// Pictures in memory as viewers show them. A stream of turned files must equal theirs.
private struct SeenSource: ImageSource {
  let pictures: [Pixels]
  let labels: [Label]
  let channels = 3
  let largestWidth = 104
  let scratchByteCount = 0

  var count: Int { pictures.count }

  func item(_ index: Int) -> SourceItem {
    SourceItem(imageID: "\(index)", size: pictures[index].size, labels: labels)
  }

  func prepare(_ index: Int, scratch: DecodeScratch) throws -> ImageView { scratch.copy(pictures[index]) }
}

@Suite("Odd files give one stream in every cache form: turned as they are seen, or left out with a reason")
struct OddImageStreamTests {
  private func source(_ folder: URL, _ choice: CacheChoice) throws -> any ImageSource {
    var options = SourceOptions(imageSize: 64)
    options.cache = choice
    options.cacheFolder = folder.path + "/cache"
    options.channels = 3
    return try SourceOpener(try Dataset.open(folder.path), options).open(.train).source
  }

  private func hashes(_ source: any ImageSource, _ mode: LoaderMode) throws -> (hashes: [UInt64], damaged: [String]) {
    var settings = LoaderSettings(batch: 4, imageSize: 64, mode: mode, seed: 5, workers: 2, prefetchDepth: 2)
    settings.damagedShare = 1
    let loader = try Loader(source: source, settings: settings)
    var hashes: [UInt64] = []
    loader.startEpoch(0)
    while let batch = try loader.nextBatch() { hashes.append(batch.hash) }
    return (hashes, loader.quarantined.map(\.line))
  }

  /// Writes a data set of `files`, by name. Each gets the label file `label`.
  private func write(_ files: [(name: String, bytes: [UInt8])], label: String, to folder: URL) throws {
    for part in ["images/train", "labels/train"] {
      try FileManager.default.createDirectory(at: folder.appending(path: part), withIntermediateDirectories: true)
    }
    for (name, bytes) in files {
      try Data(bytes).write(to: folder.appending(path: "images/train/\(name).jpg"))
      try Data(label.utf8).write(to: folder.appending(path: "labels/train/\(name).txt"))
    }
    try Data("train: images/train\nval: images/train\nnames: [a]\n".utf8).write(to: folder.appending(path: "data.yaml"))
  }

  @Test("All eight orientations stream like pictures that were turned before, boxes included")
  func orientations() throws {
    let folder = try TemporaryFolder()
    let jpeg = try SampleJPEGs.baseline()
    let files = (1...8).map { ("\($0)", JPEGPieces.oriented(jpeg, $0)) }
    try write(files, label: "0 0.3 0.7 0.2 0.4\n", to: folder.url)
    let stored = try jpeg.withUnsafeBytes { try ImageDecoder().decode($0, channels: 3) }
    let turned = SeenSource(
      pictures: Orientation.allCases.map { SampleJPEGs.seen(stored, $0) },
      labels: [Label(classID: 0, centerX: 0.3, centerY: 0.7, width: 0.2, height: 0.4)])
    for mode in [LoaderMode.validation, .training(AugmentationSettings())] {
      let expected = try hashes(turned, mode).hashes
      for choice in [CacheChoice.none, .jpeg, .pixels] {
        #expect(try hashes(source(folder.url, choice), mode).hashes == expected, "\(choice)")
      }
    }
    let cache = try #require(try source(folder.url, .jpeg) as? ImageCache)
    let scratch = try DecodeScratch()
    for (entry, picture) in turned.pictures.enumerated() {
      #expect(cache.nativeSize(entry) == picture.size)
      var pixels = picture.bytes.map { ~$0 }
      try pixels.withUnsafeMutableBytes { try cache.writeNative(entry, scratch: scratch, into: $0) }
      #expect(pixels == picture.bytes)
    }
    let pixels = try source(folder.url, .pixels)
    #expect(cache.scratchByteCount == 2 * stored.bytes.count && pixels.scratchByteCount == 0)
  }

  @Test("Every kind of file is delivered, or left out with the same reason, in every form")
  func allKinds() throws {
    let folder = try TemporaryFolder()
    try write([("a-sound-one", try SampleJPEGs.baseline())], label: "0 0.5 0.5 0.2 0.2\n", to: folder.url)
    let faults = try ImageFault.all()
    for fault in faults { try fault.plant(in: folder.url.appending(path: "images/train")) }
    let none = try source(folder.url, .none)
    let expected = try hashes(none, .validation)
    let words = Dictionary(uniqueKeysWithValues: faults.map { ($0.name, $0.word) })
    #expect(expected.damaged.count == faults.count { $0.word != nil })
    for line in expected.damaged {
      let name = line.split(separator: " ")[1]
      let word = try #require(words[String(name)] ?? nil, "\(line)")
      #expect(line.contains(word), "no '\(word)' in: \(line)")
    }
    for choice in [CacheChoice.jpeg, .pixels] {
      let own = try hashes(source(folder.url, choice), .validation)
      #expect(own.hashes == expected.hashes && own.damaged == expected.damaged, "\(choice)")
    }
  }
}
