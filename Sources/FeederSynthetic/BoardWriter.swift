import FeederCore
import FeederDatasets
import FeederImaging

/// Writes one board's files into the folder that is being made.
struct BoardWriter: Sendable {
  let settings: SyntheticSettings
  /// Where the files are written now.
  let folder: String
  /// Where they will be, for messages.
  let target: String

  /// Writes image, labels and, where asked for, the template of board `index`.
  func write(_ board: SyntheticBoard, _ index: Int, _ split: Split, _ encoder: JPEGEncoder) throws {
    let digits = String(index)
    let name = "board_" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let surface = BoardSurface(seed: settings.seed, index: index, size: settings.size, channels: settings.channels)
    try write(encode(board.tested, surface, encoder), "images/\(split)/\(name).jpg")
    try write(LayoutText.labelFile(board.labels), "labels/\(split)/\(name).txt")
    if settings.withTemplates {
      try write(encode(board.template, surface, encoder), "templates/\(split)/\(name).jpg")
    }
  }

  private func encode(_ mask: ConductorMask, _ surface: BoardSurface, _ encoder: JPEGEncoder) throws -> [UInt8] {
    try surface.pixels(of: mask).withView { (view) throws -> [UInt8] in
      // As cameras write, and as the colour images in DeepPCB are.
      try encoder.encode(view, quality: settings.quality, chroma: .half)
    }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    try FileBytes.write(bytes, to: folder + "/" + name, calledLater: target + "/" + name)
  }
}
