import FeederCore
import FeederProfiling
import Foundation

/// The result of `feeder profile`: lines for people and a JSON document.
package struct ProfileReport: Encodable {
  /// Images per second by stage; nil for a stage without a limit.
  struct Ceilings: Encodable {
    let read: Double?
    let decode: Double?
    let augment: Double?
    let copy: Double?
    let device: Double?
  }

  struct Action: Encodable {
    let action: String
    let predictedImagesPerSecond: Double
    let gainShare: Double
    let costBytes: Int
    let costPlace: String
  }

  /// The measured effect of a remedy.
  package struct Confirmation: Encodable {
    let action: String
    let beforeImagesPerSecond: Double
    let predictedImagesPerSecond: Double
    let measuredImagesPerSecond: Double
    /// Measured divided by predicted images per second.
    let ratio: Double

    /// The result in one line, for people.
    package var line: String {
      String(
        format: "confirmed %@: predicted %.0f images/s, measured %.0f (%.2f of it), before %.0f", action,
        predictedImagesPerSecond, measuredImagesPerSecond, ratio, beforeImagesPerSecond)
    }
  }

  let verdict: String
  let verdictLine: String
  let ceilings: Ceilings
  let stallShare: Double
  /// Images per second of the run with all stages together.
  let imagesPerSecond: Double
  let loaderImagesPerSecond: Double
  /// Images per second of the loader's first epoch, with nothing in memory; nil if the storage's rate was given.
  let coldLoaderImagesPerSecond: Double?
  let storageMibPerSecond: Double
  let readBytesPerImage: Double
  let missedShare: Double
  let cache: String
  let workers: Int
  let batch: Int
  let device: String
  let precision: String
  let remedies: [Action]
  /// The effect of the best remedy; nil if it was not applied.
  package var confirmation: Confirmation?

  let diagnosis: Diagnosis
  let ranked: [Remedy]

  private enum CodingKeys: String, CodingKey {
    case verdict, verdictLine, ceilings, stallShare, imagesPerSecond, loaderImagesPerSecond, coldLoaderImagesPerSecond
    case storageMibPerSecond, readBytesPerImage, missedShare, cache, workers, batch, device, precision, remedies
    case confirmation
  }

  init(
    _ diagnosis: Diagnosis, _ ranked: [Remedy], cold: Double?, cache: String, batch: Int, device: String,
    precision: String
  ) {
    self.diagnosis = diagnosis
    self.ranked = ranked
    let found = diagnosis.measurements
    verdict = diagnosis.verdict.rawValue
    verdictLine = diagnosis.line
    let all = diagnosis.ceilings
    ceilings = Ceilings(read: all.read, decode: all.decode, augment: all.augment, copy: all.copy, device: all.device)
    stallShare = diagnosis.stallShare
    imagesPerSecond = diagnosis.imagesPerSecond
    loaderImagesPerSecond = found.loaderImagesPerSecond
    coldLoaderImagesPerSecond = cold
    storageMibPerSecond = found.storageBytesPerSecond / 1_048_576
    readBytesPerImage = found.costs.readByteCount
    missedShare = found.costs.missedByteCount / max(found.costs.readByteCount, 1)
    self.cache = cache
    workers = found.workers
    self.batch = batch
    self.device = device
    self.precision = precision
    remedies = ranked.map {
      Action(
        action: $0.change.action, predictedImagesPerSecond: $0.predictedImagesPerSecond,
        gainShare: $0.predictedImagesPerSecond / diagnosis.imagesPerSecond - 1, costBytes: $0.costByteCount,
        costPlace: $0.costPlace)
    }
  }

  /// The verdict, the ceilings and the remedies, for people.
  package var lines: [String] {
    func rate(_ value: Double?) -> String { value.map { String(format: "%.0f", $0) } ?? "no limit" }
    let measured = diagnosis.measurements
    var lines = ["verdict: " + verdictLine]
    lines.append(
      "ceilings, images/s: read \(rate(ceilings.read)), decode \(rate(ceilings.decode)), augment \(rate(ceilings.augment)), "
        + (ceilings.copy.map { "copy \(rate($0)), " } ?? "") + "device \(rate(ceilings.device))")
    lines.append(
      String(
        format:
          "one image takes %@ from %@ (%.0f %% missed by memory), %.2f ms of decoding, %.2f ms of augmenting; %d worker%@",
        "\(ByteCount(Int(readBytesPerImage)))", cache == "none" ? "files" : "the \(cache) cache", missedShare * 100,
        measured.costs.decodeSeconds * 1000, measured.costs.augmentSeconds * 1000, workers, workers == 1 ? "" : "s"))
    if let cold = coldLoaderImagesPerSecond {
      lines.append(
        String(
          format:
            "first epoch, nothing in memory: the loader delivers %.0f images/s (storage %.0f MiB/s); later ones %.0f",
          cold,
          storageMibPerSecond, loaderImagesPerSecond))
    }
    for (number, remedy) in remedies.enumerated() {
      let cost = remedy.costBytes > 0 ? ", costs \(ByteCount(remedy.costBytes)) of \(remedy.costPlace)" : ""
      lines.append(
        String(
          format: "%d. %@: %.0f to %.0f images/s, +%.0f %%%@", number + 1, remedy.action, imagesPerSecond,
          remedy.predictedImagesPerSecond, remedy.gainShare * 100, cost))
    }
    if remedies.isEmpty { lines.append("no remedy would bring 3 % or more") }
    return lines
  }
}
