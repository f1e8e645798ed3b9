import FeederLoader
import Testing

@testable import FeederProfiling

@Suite("The verdict names the slowest stage, and a remedy predicts what the other stages allow")
struct DiagnosisTests {
  /// Two workers, per image 1 ms of decoding, 1 ms of augmenting and 100 KB read: 1,000 images per second.
  private func measured(
    loader: Double = 1000, device: Double = 500, copy: Double? = nil, missed: Double = 0, storage: Double = 1e9,
    decode: Double = 0.001, augment: Double = 0.001
  ) -> Diagnosis {
    Diagnosis(
      Diagnosis.Measurements(
        costs: StageCosts(
          readByteCount: 100_000, missedByteCount: missed, decodeSeconds: decode,
          augmentSeconds: augment),
        workers: 2, loaderImagesPerSecond: loader, deviceImagesPerSecond: device, copyImagesPerSecond: copy,
        storageBytesPerSecond: storage))
  }

  /// 1,000 images of 25 KB as JPEG or 400 KB as pixels. A mosaic reads four.
  private func data(isDecoded: Bool = true, room: Int = 1 << 40) -> Remedy.Data {
    Remedy.Data(
      isDecoded: isDecoded, encodedByteCount: 25_000_000, pixelByteCount: 400_000_000, decodeSeconds: 0.00025,
      room: room,
      imageCount: 1000)
  }

  @Test("Each stage is named if it is the slowest")
  func verdicts() {
    #expect(measured().verdict == .device)
    #expect(measured(device: 1000).verdict == .balanced)
    #expect(measured(device: 1100, decode: 0.0015, augment: 0.0005).verdict == .decode)
    #expect(measured(device: 1100, decode: 0.0005, augment: 0.0015).verdict == .augment)
    #expect(measured(loader: 300, device: 1100, missed: 100_000, storage: 30e6).verdict == .read)
    #expect(measured(device: 900, copy: 400).verdict == .copy)
    // Reads that miss do not limit if the storage is fast enough.
    #expect(measured(device: 1100, missed: 100_000, storage: 1e9).verdict == .decode)
  }

  @Test("Each stage has its own ceiling, and the device waits for the smallest")
  func ceilings() {
    let diagnosis = measured(loader: 300, device: 1200, missed: 100_000, storage: 30e6)
    #expect(diagnosis.ceilings.read == 300)
    #expect(diagnosis.ceilings.decode == 2000 && diagnosis.ceilings.augment == 2000)
    #expect(diagnosis.ceilings.device == 1200 && diagnosis.ceilings.copy == nil)
    #expect(diagnosis.imagesPerSecond == 300 && diagnosis.stallShare == 0.75)
    #expect(measured().ceilings.read == nil && measured().stallShare == 0)
    #expect(!diagnosis.line.contains("\n") && diagnosis.line.contains("75.0 %"))
  }

  @Test("Pixels in the cache leave augmenting, up to the device; they cost their bytes of disk")
  func pixels() throws {
    let bound = Remedy.ranked(for: measured(device: 5000), data: data(), allCores: nil)
    let pixels = try #require(bound.first { $0.change == .pixels })
    #expect(pixels.predictedImagesPerSecond == 2000 && pixels.costByteCount == 400_000_000)
    let capped = Remedy.ranked(for: measured(device: 1500), data: data(), allCores: nil)
    #expect(capped.first { $0.change == .pixels }?.predictedImagesPerSecond == 1500)
    // If memory cannot hold the pixels, they are read from storage: 4 x 400 KB per image.
    let cramped = Remedy.ranked(for: measured(device: 5000, storage: 2.4e9), data: data(room: 0), allCores: nil)
    #expect(cramped.first { $0.change == .pixels }?.predictedImagesPerSecond == 1500)
  }

  @Test("Where storage limits pixels, JPEG bytes and memory are the remedies")
  func storage() throws {
    let pixels = Diagnosis(
      Diagnosis.Measurements(
        costs: StageCosts(
          readByteCount: 1_600_000, missedByteCount: 1_600_000, decodeSeconds: 0,
          augmentSeconds: 0.001),
        workers: 2, loaderImagesPerSecond: 100, deviceImagesPerSecond: 5000, copyImagesPerSecond: nil,
        storageBytesPerSecond: 160e6))
    #expect(pixels.verdict == .read)
    let remedies = Remedy.ranked(for: pixels, data: data(isDecoded: false, room: 0), allCores: nil)
    #expect(remedies.map(\.change) == [.memory("pixels"), .encoded])
    #expect(remedies[0].predictedImagesPerSecond == 2000 && remedies[0].costByteCount == 400_000_000)
    // 4 x 0.25 ms of decoding plus 1 ms of augmenting, on two workers.
    #expect(remedies[1].predictedImagesPerSecond == 1000 && remedies[1].costByteCount == 25_000_000)
  }

  @Test("Idle cores are the first remedy, more cores the last; nothing is proposed to a device that limits")
  func cores() {
    let all = Remedy.AllCores(workers: 4, imagesPerSecond: 1900, byteCount: 1 << 20)
    let remedies = Remedy.ranked(for: measured(device: 3000), data: data(isDecoded: false), allCores: all)
    #expect(remedies.map(\.change) == [.workers(4), .cores(6)])
    #expect(remedies[0].predictedImagesPerSecond == 1900 && remedies[0].change.action == "--workers 4")
    #expect(
      remedies[1].predictedImagesPerSecond == 3000
        && remedies[1].change.action == "a machine with 6 cores for the loader")
    #expect(Remedy.ranked(for: measured(), data: data(), allCores: all).isEmpty)
    let half = Remedy.ranked(for: measured(), data: data(), allCores: nil, precisions: [("bf16", 800)])
    #expect(half.map(\.change.action) == ["--precision bf16"] && half[0].predictedImagesPerSecond == 800)
  }
}
