import FeederCore
import FeederDetection
import FeederPickle
import Foundation

/// What another program said of the weights that a network descends from: licence, version, checksum. It is in the metadata of every
/// file on the way from there.
package struct WeightsOrigin: Sendable, Equatable {
  /// The pairs for the metadata of weights that descend from this origin.
  package let metadata: [String: String]

  private static let licence = "origin_license"
  private static let version = "origin_version"
  private static let sum = "origin_xxh64"

  /// The origin in the metadata of a weights file; nil if it names none.
  package init?(_ metadata: [String: String]) {
    self.metadata = metadata.filter { [Self.licence, Self.version, Self.sum].contains($0.key) }
    if self.metadata[Self.sum] == nil { return nil }
  }

  /// One line for people.
  package var line: String {
    "descend from a checkpoint "
      + (metadata[Self.version].map { "of version \($0), " } ?? "that states no version, ")
      + (metadata[Self.licence].map { "licence \($0)" } ?? "no licence stated") + ", xxh64 \(metadata[Self.sum] ?? "-")"
  }

  /// The metadata of a checkpoint, whose bytes are `file`: its class names, its image size if a model takes it, and its origin.
  static func metadata(of checkpoint: TorchCheckpoint, file: [UInt8]) throws -> [String: String] {
    var metadata = [sum: String(format: "%016llx", Checksum.xxh64(file))]
    metadata[licence] = checkpoint.facts[.license]
    metadata[version] = checkpoint.facts[.version]
    metadata["names"] = try checkpoint.classNames.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    metadata["image_size"] = checkpoint.imageSize.flatMap { ModelDesign.takes(side: $0) ? String($0) : nil }
    return metadata
  }
}

extension WeightsFile {
  /// Where the weights come from, if another program wrote their first file; nil if Feeder did, or if nothing says so.
  package var origin: WeightsOrigin? { WeightsOrigin(metadata) }
}
