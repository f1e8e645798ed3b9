import FeederCodecs
import FeederCore
import FeederImaging
import Synchronization

/// The decision of `--channels auto` for a data set: 1 if at least 95 % of its readable images are grey, else 3.
///
/// An image is grey if it has one component, or R = G = B in every decoded pixel. Colour files are decoded only until
/// the share is certain.
package struct GreyDecision: Sendable, Equatable {
  /// Channels: 1 or 3.
  package let channels: Int
  /// Images known to be grey; there may be more.
  package let greyCount: Int
  /// Images known to have colour; there may be more.
  package let colourCount: Int
  /// Number of readable images.
  package let imageCount: Int

  /// The decision and its reason, in one line.
  package var line: String {
    channels == 1
      ? "channels: 1 (\(greyCount) or more of \(imageCount) images are grey; 95 % are enough)"
      : "channels: 3 (\(colourCount) or more of \(imageCount) images have colour; with over 5 % that is 3)"
  }

  /// Colour files to decode between two checks of the share.
  private static let chunk = 64

  /// Decides for all images of all splits together; `window` maps their levels. Throws if a thread cannot start a decoder.
  package init(_ surveys: [SourceSurvey], window: LevelWindow) throws {
    let images = surveys.flatMap { survey in zip(survey.entries, survey.images).map { ($0.imagePath, $1.header) } }
    let limits = surveys.first?.limits ?? .standard
    let readable = images.compactMap { path, header in header.map { (path: path, channels: $0.channels) } }
    let doubtful = readable.filter { $0.channels != 1 }.map(\.path)
    imageCount = readable.count
    let needed = (imageCount * 95 + 99) / 100
    var grey = readable.count - doubtful.count
    var colour = 0
    var looked = 0
    while grey < needed, colour <= imageCount - needed, looked < doubtful.count {
      let paths = Array(doubtful[looked..<min(looked + Self.chunk, doubtful.count)])
      let answers = try DecodeScratch.map(paths.count) { index, scratch in
        try Self.isGreyFile(paths[index], window, limits, scratch)
      }
      grey += answers.count { $0 }
      colour += answers.count { !$0 }
      looked += paths.count
    }
    greyCount = grey
    colourCount = colour
    channels = grey >= needed && imageCount > 0 ? 1 : 3
  }

  /// True if every pixel of the file is grey. False if not, or if the file does not decode.
  private static func isGreyFile(
    _ path: String, _ window: LevelWindow, _ limits: ImageLimits, _ scratch: DecodeScratch
  ) throws -> Bool {
    struct Coloured: Error {}
    do {
      let source = try SourceMap(path, limits: limits)
      try scratch.decodeBands(
        of: source, path: path, size: nil, channels: 3, window: window, limits: limits, height: bandRows
      ) { _, band in
        if !isGrey(band) { throw Coloured() }
      }
      return true
    } catch is Coloured {
      return false
    } catch CacheError.damagedImage {
      return false
    }
  }

  /// Rows that are looked at together.
  private static let bandRows = 64
}
