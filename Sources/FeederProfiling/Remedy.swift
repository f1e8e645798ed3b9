/// A change that would make a run faster, with its predicted gain.
package struct Remedy: Sendable, Equatable {
  /// The kind of change.
  package enum Change: Sendable, Equatable {
    /// More threads of the loader, on cores that exist.
    case workers(Int)
    /// Decoded images in the cache.
    case pixels
    /// Encoded bytes in the cache.
    case encoded
    /// More memory, so that it holds the files or pixels that are read.
    case memory(String)
    /// More cores for the loader.
    case cores(Int)
    /// Another number format of the network, by name.
    case precision(String)

    /// The instruction to the user, with the flag if there is one.
    package var action: String {
      switch self {
      case .workers(let count): "--workers \(count)"
      case .pixels: "--cache pixels"
      case .encoded: "--cache jpeg"
      case .memory(let what): "memory that holds all \(what) between epochs"
      case .cores(let count): "a machine with \(count) cores for the loader"
      case .precision(let name): "--precision \(name)"
      }
    }

    /// True if a flag makes the change.
    package var isFlag: Bool {
      switch self {
      case .workers, .pixels, .encoded, .precision: true
      case .memory, .cores: false
      }
    }

    fileprivate var isAnotherMachine: Bool {
      if case .cores = self { true } else { false }
    }
  }

  /// The change.
  package let change: Change
  /// Predicted images per second of the run after the change.
  package let predictedImagesPerSecond: Double
  /// Bytes of disk or memory that the change costs.
  package let costByteCount: Int
  /// "disk" or "memory": the place of these bytes.
  package let costPlace: String

  /// Size of a data set in each form, and the cost of decoding an image.
  package struct Data: Sendable, Equatable {
    /// True if images are stored as encoded bytes now.
    package var isDecoded: Bool
    /// Bytes of all images, encoded.
    package var encodedByteCount: Int
    /// Bytes of all images, decoded.
    package var pixelByteCount: Int
    /// Seconds that one core needs to decode an image.
    package var decodeSeconds: Double
    /// Bytes of memory that may hold the images.
    package var room: Int
    /// Number of images.
    package var imageCount: Int

    /// Facts with these values.
    package init(
      isDecoded: Bool, encodedByteCount: Int, pixelByteCount: Int, decodeSeconds: Double, room: Int, imageCount: Int
    ) {
      self.isDecoded = isDecoded
      self.encodedByteCount = encodedByteCount
      self.pixelByteCount = pixelByteCount
      self.decodeSeconds = decodeSeconds
      self.room = room
      self.imageCount = imageCount
    }

    var byteCount: Int { isDecoded ? encodedByteCount : pixelByteCount }
  }

  /// The measured loader with all cores.
  package struct AllCores: Sendable, Equatable {
    /// Number of workers.
    package var workers: Int
    /// Images per second of the loader.
    package var imagesPerSecond: Double
    /// Bytes that it needs in addition to the current loader.
    package var byteCount: Int

    /// A loader with these figures.
    package init(workers: Int, imagesPerSecond: Double, byteCount: Int) {
      self.workers = workers
      self.imagesPerSecond = imagesPerSecond
      self.byteCount = byteCount
    }
  }

  /// Least gain of a remedy that is shown, as a share.
  private static let least = 0.03

  /// The remedies: the best first, of equals the cheaper one, and another machine last. `precisions` are measured
  /// device rates in other number formats.
  package static func ranked(
    for diagnosis: Diagnosis, data: Data, allCores: AllCores?,
    precisions: [(name: String, imagesPerSecond: Double)] = []
  ) -> [Remedy] {
    let now = diagnosis.measurements
    let costs = now.costs
    let workers = Double(now.workers)
    let imagesRead = costs.readByteCount / max(Double(data.byteCount) / Double(max(data.imageCount, 1)), 1)
    /// Images per second that storage delivers if a form has `byteCount` bytes and memory holds as much of it as fits.
    func read(_ byteCount: Int) -> Double {
      let missing = max(Double(byteCount - data.room), 0) / Double(max(data.imageCount, 1)) * imagesRead
      return missing > 0 ? now.storageBytesPerSecond / missing : .infinity
    }
    var all: [Remedy] = []
    func propose(_ change: Change, _ rate: Double, _ cost: Int = 0, _ place: String = "memory") {
      all.append(
        Remedy(
          change: change, predictedImagesPerSecond: diagnosis.reached(rate), costByteCount: cost, costPlace: place))
    }
    if let allCores, allCores.workers > now.workers {
      propose(.workers(allCores.workers), allCores.imagesPerSecond, allCores.byteCount)
    }
    if data.isDecoded {
      let rate = min(workers / max(costs.augmentSeconds, 1e-12), read(data.pixelByteCount))
      propose(.pixels, rate, data.pixelByteCount, "disk")
    } else if costs.missedByteCount > 0 {
      let seconds = costs.augmentSeconds + imagesRead * data.decodeSeconds
      propose(.encoded, min(workers / max(seconds, 1e-12), read(data.encodedByteCount)), data.encodedByteCount, "disk")
    }
    if costs.missedByteCount > 0 {
      propose(
        .memory(data.isDecoded ? "files" : "pixels"), workers / max(costs.workSeconds, 1e-12),
        max(data.byteCount - data.room, 0))
    }
    let most = Double(max(allCores?.workers ?? 0, now.workers))
    let each = max(now.loaderImagesPerSecond / workers, (allCores?.imagesPerSecond ?? 0) / most)
    let reading = diagnosis.ceilings.read ?? .infinity
    let needed = (min(now.deviceImagesPerSecond, reading) / max(each, 1e-12)).rounded(.up)
    if diagnosis.verdict == .decode || diagnosis.verdict == .augment, needed > most, needed < 4096 {
      propose(.cores(Int(needed)), min(needed * each, reading))
    }
    for (name, rate) in precisions {
      all.append(
        Remedy(
          change: .precision(name),
          predictedImagesPerSecond: min(now.loaderImagesPerSecond, now.copyImagesPerSecond ?? .infinity, rate),
          costByteCount: 0, costPlace: "memory"))
    }
    return
      all
      .filter { $0.predictedImagesPerSecond > diagnosis.imagesPerSecond * (1 + least) }
      .sorted {
        if $0.change.isAnotherMachine != $1.change.isAnotherMachine { return $1.change.isAnotherMachine }
        return abs($0.predictedImagesPerSecond / $1.predictedImagesPerSecond - 1) > 0.01
          ? $0.predictedImagesPerSecond > $1.predictedImagesPerSecond : $0.costByteCount < $1.costByteCount
      }
  }
}
