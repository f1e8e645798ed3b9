import FeederCache
import FeederLoader
import FeederProfiling

/// The loader as training and validation use it, with a consumer that takes each batch and gives it back at once.
///
/// Epoch follows epoch as in a run: the short wait at an epoch's end is part of the figure.
package struct LoaderStream: ImageStream {
  let source: ImageCache
  let settings: LoaderSettings
  private var loader: Loader?
  private var epoch = 0

  init(source: ImageCache, settings: LoaderSettings) {
    self.source = source
    self.settings = settings
  }

  /// Every slot once.
  package var warmupCount: Int { settings.prefetchDepth + 1 }

  package mutating func start() throws {
    let loader = try Loader(source: source, settings: settings)
    loader.startEpoch(epoch)
    self.loader = loader
  }

  package mutating func next() throws -> Int {
    guard let loader else { preconditionFailure("a stream is started before it is asked") }
    while true {
      if let batch = try loader.nextBatch() { return batch.imageCount }
      epoch += 1
      loader.startEpoch(epoch)
    }
  }

  package mutating func stop() {
    loader?.cancel()
    loader = nil
  }
}

/// Images at native size, with a consumer that takes each batch and gives it back at once.
package struct NativeStream: ImageStream {
  let cache: ImageCache
  let settings: NativeBatches.Settings
  private var batches: NativeBatches?

  package init(cache: ImageCache, settings: NativeBatches.Settings) {
    self.cache = cache
    self.settings = settings
  }

  /// Every slot once.
  package var warmupCount: Int { settings.prefetchDepth + 1 }

  package mutating func start() throws { batches = try NativeBatches(cache, settings) }

  package mutating func next() throws -> Int {
    guard let batches else { preconditionFailure("a stream is started before it is asked") }
    return try batches.next().imageCount
  }

  package mutating func stop() {
    batches?.cancel()
    batches = nil
  }
}
