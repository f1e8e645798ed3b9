import FeederCache
import FeederCore
import Synchronization

extension ImageSource {
  /// The entries of a loader's first epoch: the tiles of the images, or the images.
  package func entries(_ settings: LoaderSettings) -> any ImageSource {
    TileSchedule(self, settings)?.source(in: 0) ?? self
  }
}

/// The tiles of each epoch of a loader. Any thread may ask; the tiles of an epoch are found once.
final class TileSchedule: Sendable {
  private struct Known {
    let epoch: Int
    let source: TiledSource
  }

  private let boards: any ImageSource
  private let tiling: Tiling
  private let seed: UInt64
  private let trains: Bool
  /// The latest epochs. An epoch, the announced one, and one that workers still leave are in use at most.
  private let known = Mutex<[Known]>([])
  private static let keptCount = 3

  /// The schedule of a loader with `settings`; nil if it cuts no tiles.
  init?(_ boards: any ImageSource, _ settings: LoaderSettings) {
    guard let tiling = settings.tiling else { return nil }
    (self.boards, self.tiling, seed) = (boards, tiling, settings.seed)
    if case .validation = settings.mode { trains = false } else { trains = true }
  }

  /// The tiles of `epoch`. In validation all epochs have the same.
  func source(in epoch: Int) -> TiledSource {
    let epoch = trains ? epoch : 0
    return known.withLock { known in
      if let place = known.firstIndex(where: { $0.epoch == epoch }) { return known[place].source }
      let source =
        trains
        ? TiledSource(training: boards, tiling, seed: seed, epoch: epoch) : TiledSource(covering: boards, tiling)
      if known.count == Self.keptCount { known.removeFirst() }
      known.append(Known(epoch: epoch, source: source))
      return source
    }
  }

  /// The most bytes of the kept epochs, with their orders.
  var byteCount: Int {
    let first = source(in: 0)
    let labelCount = (0..<first.count).reduce(0) { $0 + first.labelCount(of: $1) }
    let one = TiledSource.byteCount(tileCount: first.count, labelCount: labelCount)
    return (trains ? Self.keptCount : 1) * one + 2 * EpochOrder.byteCount(imageCount: first.count)
  }
}
