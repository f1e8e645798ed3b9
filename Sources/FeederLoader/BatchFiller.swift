import FeederCache
import FeederCore
import FeederImaging

/// What one worker keeps from image to image; made and used by the worker's own thread.
struct WorkerScratch {
  let decode: DecodeScratch
  let pixels = PixelScratch()

  /// Throws where libjpeg cannot start.
  init() throws { decode = try DecodeScratch() }
}

/// Fills one place of a batch: from the source's pixels in one pass into the slot, with its targets and its hash.
struct BatchFiller: Sendable {
  let source: any ImageSource
  let settings: LoaderSettings
  let counters: Counters
  let quarantine: Quarantine

  /// Bytes of one image: channels x side x side.
  var imageByteCount: Int { source.channels * settings.imageSize * settings.imageSize }

  /// Fills place `item.image` of `slot`. A damaged file gives plain 114 without targets and goes to the quarantine; throws
  /// where that is full, and whatever else the source throws.
  func fill(
    _ item: WorkItem, into slot: UnsafeMutableRawBufferPointer, scratch: WorkerScratch
  ) throws -> FilledImage {
    let bytes = UnsafeMutableRawBufferPointer(
      rebasing: slot[item.image * imageByteCount..<(item.image + 1) * imageByteCount])
    guard let base = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else {
      preconditionFailure("a slot has bytes")
    }
    let place = PlanarTarget(base: base, size: PixelSize(side: settings.imageSize), channels: source.channels)
    let drawn: [Target]?
    switch settings.mode {
    case .validation: drawn = try drawLetterboxed(item, place, scratch)
    case .training(let augmentation): drawn = try drawAugmented(item, augmentation, place, scratch)
    }
    if drawn == nil { FeederImaging.fill(place, value: padValue) }
    noteTimes(of: scratch)
    return finish(item, targets: drawn, bytes: UnsafeRawBufferPointer(bytes))
  }

  private func finish(_ item: WorkItem, targets: [Target]?, bytes: UnsafeRawBufferPointer) -> FilledImage {
    let start = ContinuousClock.now
    let hash = StreamHash.image(pixels: bytes, targets: targets ?? [])
    counters.hash.add(nanoseconds(since: start), ordering: .relaxed)
    counters.filled.add(1, ordering: .relaxed)
    let size = source.size(of: item.entry) ?? PixelSize(side: settings.imageSize)
    let image = BatchImage(
      entryIndex: item.entry, size: size,
      letterbox: Letterbox(source: size, target: PixelSize(side: settings.imageSize)), isDamaged: targets == nil)
    return FilledImage(targets: targets ?? [], image: image, hash: hash)
  }

  // MARK: - Validation

  private func drawLetterboxed(_ item: WorkItem, _ place: PlanarTarget, _ scratch: WorkerScratch) throws -> [Target]? {
    guard let size = source.size(of: item.entry) else {
      try quarantine(item.entry, reason: nil)
      return nil
    }
    let geometry = Letterbox(source: size, target: place.size)
    let isDrawn = try draw(item.entry, scratch) { image in
      letterbox(image, geometry: geometry, into: place, scratch: scratch.pixels)
    }
    guard isDrawn else { return nil }
    return source.item(item.entry).labels.map { label in
      target(item.image, label.classID, geometry.toTarget(label.box(in: size)))
    }
  }

  // MARK: - Training

  private func drawAugmented(
    _ item: WorkItem, _ augmentation: AugmentationSettings, _ place: PlanarTarget, _ scratch: WorkerScratch
  ) throws -> [Target]? {
    let plan = AugmentationPlan(
      seed: settings.seed, epoch: item.epoch, index: item.entry, imageCount: source.count,
      imageSize: settings.imageSize, mosaicIsOpen: item.mosaicIsOpen, settings: augmentation)
    let canvas = TrainingCanvas(plan, imageSize: settings.imageSize) { source.size(of: $0) }
    guard canvas.images.first?.entryIndex == item.entry else {
      try quarantine(item.entry, reason: nil)
      return nil
    }
    if !canvas.coversOutput { FeederImaging.fill(place, value: padValue) }
    var targets: [Target] = []
    for (number, image) in canvas.images.enumerated() {
      // The image itself is read even where none of it shows: whether its file is damaged must not depend on luck.
      if try drawMember(image, of: canvas, place, scratch, always: number == 0) {
        targets += boxes(of: image, on: canvas, place: item.image)
      } else if number == 0 {
        return nil
      }
    }
    guard !plan.keepsColors else { return targets }
    let start = ContinuousClock.now
    adjustHSV(
      place, hueGain: plan.hueGain, saturationGain: plan.saturationGain, valueGain: plan.valueGain)
    counters.augment.add(nanoseconds(since: start), ordering: .relaxed)
    return targets
  }

  /// Draws one member into its rectangle; false where its file is damaged: then the rectangle is plain 114.
  private func drawMember(
    _ image: CanvasImage, of canvas: TrainingCanvas, _ place: PlanarTarget, _ scratch: WorkerScratch, always: Bool
  ) throws -> Bool {
    let (columns, rows) = canvas.rectangle(of: image)
    let isVisible = !columns.isEmpty && !rows.isEmpty
    guard isVisible || always else { return true }
    let isDrawn = try draw(image.entryIndex, scratch) { pixels in
      guard isVisible else { return }
      resample(
        pixels, map: canvas.map(of: image, stored: pixels.size), into: place, columns: columns, rows: rows,
        scratch: scratch.pixels)
    }
    if !isDrawn { fillRectangle(place, columns: columns, rows: rows) }
    return isDrawn
  }

  private func boxes(of image: CanvasImage, on canvas: TrainingCanvas, place: Int) -> [Target] {
    source.item(image.entryIndex).labels.compactMap { label in
      canvas.box(label.box(in: image.size), of: image).map { target(place, label.classID, $0) }
    }
  }

  private func fillRectangle(_ place: PlanarTarget, columns: Range<Int>, rows: Range<Int>) {
    for channel in 0..<place.channels {
      for row in rows {
        let start = place.base + channel * place.planeByteCount + row * place.size.width + columns.lowerBound
        start.update(repeating: padValue, count: columns.count)
      }
    }
  }

  // MARK: - Sources

  /// Lends the pixels of an entry to `body`; false where the file is damaged.
  private func draw(_ entry: Int, _ scratch: WorkerScratch, _ body: (ImageView) throws -> Void) throws -> Bool {
    if quarantine.contains(entry) { return false }
    do {
      try source.withImage(entry, scratch: scratch.decode) { image in
        let start = ContinuousClock.now
        try body(image)
        counters.augment.add(nanoseconds(since: start), ordering: .relaxed)
      }
      return true
    } catch CacheError.damagedImage(_, let reason) {
      try quarantine(entry, reason: reason)
      return false
    }
  }

  private func quarantine(_ entry: Int, reason: String?) throws {
    let item = source.item(entry)
    try quarantine.add(
      QuarantinedImage(
        entryIndex: entry, imageID: item.imageID, reason: reason ?? item.damage ?? "its size is unknown"))
  }

  private func target(_ place: Int, _ classID: Int, _ box: Box) -> Target {
    let label = Label(classID: classID, box: box, size: PixelSize(side: settings.imageSize))
    return Target(
      imageIndex: place, classID: classID, centerX: Float(label.centerX), centerY: Float(label.centerY),
      width: Float(label.width), height: Float(label.height))
  }

  private func noteTimes(of scratch: WorkerScratch) {
    let spent = scratch.decode.takeTimes()
    counters.read.add(spent.readNanoseconds, ordering: .relaxed)
    counters.readBytes.add(spent.readByteCount, ordering: .relaxed)
    counters.missedBytes.add(spent.missedByteCount, ordering: .relaxed)
    counters.decode.add(spent.decodeNanoseconds, ordering: .relaxed)
    counters.decoded.add(spent.decodedCount, ordering: .relaxed)
  }
}
