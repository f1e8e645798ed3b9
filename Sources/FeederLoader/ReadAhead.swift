import Synchronization

/// Decides whether a worker tells the source what comes later, so that storage reads it before anyone waits for it.
///
/// The order of an epoch is known, and with it every member of every mosaic. A hint costs a system call for each image, so
/// hints are given only while reads miss the memory: at the start, and until `patience` images in a row were all there.
final class ReadAhead: Sendable {
  /// Images between the one being filled and the one hinted at: at 100 MiB/s and 1.6 MiB a grey mosaic, a second's reading.
  static let distance = 64
  /// Images without a miss after which hints end.
  private static let patience = 256

  private let quietCount = Atomic(0)

  /// True while hints are worth their price.
  var isUseful: Bool { quietCount.load(ordering: .relaxed) < Self.patience }

  /// Notes an image that was filled, and whether storage had to be read for it.
  func note(missed: Bool) {
    if missed {
      quietCount.store(0, ordering: .relaxed)
    } else {
      quietCount.add(1, ordering: .relaxed)
    }
  }
}
