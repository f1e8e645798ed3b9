/// A change that would make a run faster, and by how much.
package struct Remedy: Sendable, Equatable {
  /// What can be changed.
  package enum Change: Sendable, Equatable {
    /// So many threads of the loader, on cores that are there.
    case workers(Int)
    /// Decoded images in the cache.
    case pixels
    /// Encoded bytes in the cache.
    case encoded
    /// More memory, so that it holds what is read: files, or pixels.
    case memory(String)
    /// So many cores for the loader.
    case cores(Int)
    /// Another number format of the network, by its name.
    case precision(String)

    /// What to do, in the words of the command line where it has any.
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

    /// True where a flag does it.
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

  package let change: Change
  /// Images a second of the run afterwards.
  package let predictedImagesPerSecond: Double
  /// Bytes that it takes of what `costPlace` names.
  package let costByteCount: Int
  /// "disk" or "memory".
  package let costPlace: String

  /// What a data set weighs in each form, and what decoding one of its images takes.
  package struct Data: Sendable, Equatable {
    /// True where images are kept as encoded bytes now.
    package var isDecoded: Bool
    /// Bytes of all images encoded and as pixels.
    package var encodedByteCount: Int
    package var pixelByteCount: Int
    /// Seconds of one core to decode an image.
    package var decodeSeconds: Double
    /// Bytes of memory that may hold them.
    package var room: Int
    /// Images.
    package var imageCount: Int

    /// Facts by their fields.
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

  /// The loader with every core, measured.
  package struct AllCores: Sendable, Equatable {
    package var workers: Int
    package var imagesPerSecond: Double
    /// Bytes that it takes more than the present one.
    package var byteCount: Int

    /// A loader by its fields.
    package init(workers: Int, imagesPerSecond: Double, byteCount: Int) {
      self.workers = workers
      self.imagesPerSecond = imagesPerSecond
      self.byteCount = byteCount
    }
  }

  /// Share that a change must gain to be told.
  private static let least = 0.03

  /// What would help, the best first, of equals the cheaper, and another machine last. `precisions` are device rates measured in other formats.
  package static func ranked(
    for diagnosis: Diagnosis, data: Data, allCores: AllCores?,
    precisions: [(name: String, imagesPerSecond: Double)] = []
  ) -> [Remedy] {
    let now = diagnosis.measurements
    let costs = now.costs
    let workers = Double(now.workers)
    let imagesRead = costs.readByteCount / max(Double(data.byteCount) / Double(max(data.imageCount, 1)), 1)
    /// What storage gives of a form of so many bytes, of which memory holds what it can.
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
