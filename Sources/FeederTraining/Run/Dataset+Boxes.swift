import FeederCache
import FeederCore
import FeederDatasets
import Foundation

extension Dataset {
  /// Throws `SettingError` if a split has no box. Without boxes nothing could be learned, or no epoch could be the
  /// best.
  package func checkBoxes(train: OpenedSource, validation: OpenedSource) throws {
    let name = configurationURL.path
    guard train.entries.contains(where: { !$0.labels.isEmpty }) else {
      let files = train.entries.count { FileManager.default.fileExists(atPath: $0.labelPath) }
      let reason =
        files > 0
        ? "its \(files) label files hold none" : "its label files belong in the folder 'labels' beside 'images'"
      throw SettingError("\(name): no image of 'train' has a box; \(reason)")
    }
    guard validation.entries.contains(where: { !$0.labels.isEmpty }) else {
      throw SettingError(
        "\(name): no image of 'val' has a box, so no weights could be chosen as the best; give 'val' images with boxes")
    }
  }
}
