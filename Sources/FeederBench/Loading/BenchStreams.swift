import FeederCache
import FeederLoader
import FeederProfiling

/// The loader as training and validation use it, with a consumer that takes each batch and returns it at once.
///
/// Epochs follow each other as in a run. For training and validation, the short wait at an epoch's end counts. Images
/// at native size have no such wait, because each next epoch is announced.
package struct LoaderStream: ImageStream {
  /// The work that fills the batches.
  package enum Content {
    /// Training or validation, depending on the settings.
    case stream(ImageCache)
    /// Images at native size.
    case native(NativeFiller)
  }

  private let content: Content
  private let settings: LoaderSettings
  private var loader: Loader?
  private var epoch = 0

  init(_ content: Content, settings: LoaderSettings) {
    self.content = content
    self.settings = settings
  }

  private func makeLoader() throws -> Loader {
    switch content {
    case .stream(let cache): try Loader(source: cache, settings: settings)
    case .native(let filler): try Loader(filler: filler, settings: settings)
    }
  }

  private func begin(_ loader: Loader) {
    loader.startEpoch(epoch)
    if case .native = content { loader.announceEpoch(epoch + 1) }
  }

  /// Every slot once.
  package var warmupCount: Int { settings.prefetchDepth + 1 }

  /// Makes a loader and starts its first epoch. Throws `LoaderError`.
  package mutating func start() throws {
    let loader = try makeLoader()
    begin(loader)
    self.loader = loader
  }

  /// Takes a batch and returns it at once. Returns its number of images. Throws `LoaderError`.
  package mutating func next() throws -> Int {
    guard let loader else { preconditionFailure("a stream is started before it is asked") }
    while true {
      if let batch = try loader.nextBatch() { return batch.imageCount }
      epoch += 1
      begin(loader)
    }
  }

  /// Stops the loader and frees its memory.
  package mutating func stop() {
    loader?.cancel()
    loader = nil
  }
}
