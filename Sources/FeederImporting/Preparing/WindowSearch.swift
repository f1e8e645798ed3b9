import FeederCodecs
import FeederCore
import FeederDatasets
import Synchronization

/// The window of the images of more than 8 bits of a data set, and how much it clips.
package struct WindowFinding: Sendable, Equatable {
  /// Black, white and curve.
  package let window: LevelWindow
  /// True if it was found by `WindowSearch`, false if the user gave it.
  package let isFound: Bool
  /// Lowest and highest level of the training images.
  package let range: ClosedRange<Int>
  /// Share of the samples of the training images below black or above white, 0 to 1.
  package let clippedShare: Double
  /// The training image with the largest such share; nil if nothing is clipped.
  package let worst: Clipped?

  /// An image and the share of its samples that the window clips, 0 to 1.
  package struct Clipped: Sendable, Equatable {
    /// The path of its file.
    package let file: String
    /// The share.
    package let share: Double
  }
}

/// Counts the levels of all training images and finds black and white: one window for a data set, because brightness is information.
final class WindowSearch: Sendable {
  /// Share of the samples that may lie below black, and as many above white.
  private static let clipped = 1e-4

  private let histogram = Mutex(LevelHistogram())
  private let limits: ImageLimits

  /// Of images within `limits`.
  init(_ limits: ImageLimits) { self.limits = limits }

  /// Adds the levels of one image, if it has any. From any thread.
  func add(_ image: LevelHistogram) {
    guard image.total > 0 else { return }
    histogram.withLock { $0.add(image) }
  }

  /// The window: the given one, or the levels at 0.01 % and 99.99 % of all samples; nil if no level was counted. Reads the images at
  /// `paths` again for the one that is clipped most. Throws as `cancellation` does, and if no decoder can be made.
  func finding(
    given: LevelWindow?, curve: LevelWindow.Curve?, paths: [String], threads: Int, cancellation: Cancellation
  ) throws -> WindowFinding? {
    let histogram = histogram.withLock { $0 }
    guard let range = histogram.range else { return nil }
    let found = histogram.window(clipping: Self.clipped)
    let window = (given ?? found).with(curve ?? .linear)
    let clipped = window.levels.map { histogram.share(outside: $0) } ?? 0
    var worst: WindowFinding.Clipped?
    if clipped > 0, let levels = window.levels {
      let shares = try ParallelWork.map(paths.count, threads: threads, tool: { try ImageChecker(limits) }) {
        index, checker in
        try cancellation.check()
        return checker.levels(paths[index]).share(outside: levels)
      }
      if let place = shares.indices.max(by: { shares[$0] < shares[$1] }), shares[place] > 0 {
        worst = WindowFinding.Clipped(file: paths[place], share: shares[place])
      }
    }
    return WindowFinding(
      window: window, isFound: given == nil, range: range, clippedShare: clipped, worst: worst)
  }
}

extension LevelHistogram {
  /// Black and white with at most `share` of the samples below black, and as many above white.
  func window(clipping share: Double) -> LevelWindow {
    guard let range else { return .full }
    let most = Int(share * Double(total))
    var (black, below) = (range.lowerBound, counts[range.lowerBound])
    while below <= most, black < range.upperBound {
      black += 1
      below += counts[black]
    }
    var (white, above) = (range.upperBound, counts[range.upperBound])
    while above <= most, white > black + 1 {
      white -= 1
      above += counts[white]
    }
    // Images of one level have no window.
    return LevelWindow(black: min(black, 65_534), white: max(white, black + 1)) ?? .full
  }

  /// Share of the samples below the first or above the last level of a window, 0 to 1.
  func share(outside levels: Range<Int>) -> Double {
    guard total > 0 else { return 0 }
    let inside = counts[levels.lowerBound...min(levels.upperBound, counts.count - 1)].reduce(0, +)
    return Double(total - inside) / Double(total)
  }
}
