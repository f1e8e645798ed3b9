import FeederCore
import FeederProfiling
import Foundation

/// What `feeder profile` found: lines for a person, one JSON document for a program.
package struct ProfileReport: Encodable {
  /// Images a second by stage; a stage without a limit is missing.
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

  /// A remedy applied.
  package struct Confirmation: Encodable {
    let action: String
    let beforeImagesPerSecond: Double
    let predictedImagesPerSecond: Double
    let measuredImagesPerSecond: Double
    /// Measured over predicted.
    let ratio: Double

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
  /// Of the run as it is, all stages beside each other.
  let imagesPerSecond: Double
  let loaderImagesPerSecond: Double
  /// The loader's first epoch, nothing in memory; nil where storage was given.
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

  /// Verdict, ceilings, remedies.
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
          "an image takes %@ from %@ (%.0f %% missed by memory), %.2f ms of decoding, %.2f ms of augmenting; %d worker%@",
        "\(ByteCount(Int(readBytesPerImage)))", cache == "none" ? "files" : "the \(cache) cache", missedShare * 100,
        measured.costs.decodeSeconds * 1000, measured.costs.augmentSeconds * 1000, workers, workers == 1 ? "" : "s"))
    if let cold = coldLoaderImagesPerSecond {
      lines.append(
        String(
          format:
            "first epoch, nothing in memory: the loader gives %.0f images/s (storage %.0f MiB/s); later ones %.0f",
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
