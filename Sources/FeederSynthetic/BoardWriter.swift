import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// Writes one board's files into the staged folder.
struct BoardWriter: Sendable {
  let settings: SyntheticSettings
  let folder: StagedFolder

  /// Writes the image, the labels and, if the settings ask for it, the template of board `index`. Throws `ImagingError`
  /// or `DatasetError` if a file cannot be encoded or written.
  func write(_ board: SyntheticBoard, _ index: Int, _ split: Split, _ encoder: JPEGEncoder) throws {
    let digits = String(index)
    let name = "board_" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let surface = BoardSurface(seed: settings.seed, index: index, size: settings.size, channels: settings.channels)
    try folder.write(encode(board.tested, surface, encoder), to: "images/\(split)/\(name).jpg")
    try folder.write(LayoutText.labelFile(board.labels), to: "labels/\(split)/\(name).txt")
    if settings.withTemplates {
      try folder.write(encode(board.template, surface, encoder), to: "templates/\(split)/\(name).jpg")
    }
  }

  private func encode(_ mask: ConductorMask, _ surface: BoardSurface, _ encoder: JPEGEncoder) throws -> [UInt8] {
    try surface.pixels(of: mask).withView { (view) throws -> [UInt8] in
      // With halved chroma, as cameras write and as the colour images of DeepPCB are.
      try encoder.encode(view, quality: settings.quality, chroma: .half)
    }
  }
}
