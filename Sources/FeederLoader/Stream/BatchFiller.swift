import FeederCache
import FeederCore
import FeederImaging

/// Fills one place of a batch: draws the source's pixels straight into the slot, then adds targets and hash.
struct BatchFiller: PlaceFiller {
  let source: any ImageSource
  let settings: LoaderSettings
  let counters: Counters
  let quarantine: Quarantine
  /// The tiles of each epoch; nil if the entries are whole images.
  let tiles: TileSchedule?

  init(source: any ImageSource, settings: LoaderSettings, counters: Counters, quarantine: Quarantine) {
    self.source = source
    tiles = TileSchedule(source, settings)
    self.settings = settings
    self.counters = counters
    self.quarantine = quarantine
  }

  var imageCount: Int { source.count }
  var channels: Int { source.channels }
  var placeByteCount: Int { source.channels * settings.imageSize * settings.imageSize }
  var scratchByteCount: Int {
    source.scratchByteCount
      + PixelScratch.byteCount(
        sourceWidth: largestWidth, targetWidth: settings.imageSize, channels: source.channels)
  }
  func entryCount(in epoch: Int) -> Int { entries(in: epoch).count }
  var orderByteCount: Int { tiles?.byteCount ?? 2 * EpochOrder.byteCount(imageCount: source.count) }

  /// The images, or the tiles of an epoch.
  private func entries(in epoch: Int) -> any ImageSource { tiles?.source(in: epoch) ?? source }

  private var largestWidth: Int { settings.tiling?.side ?? source.largestWidth }

  func name(of entry: Int, in epoch: Int) -> String { entries(in: epoch).item(entry).imageID }

  func reserve(_ scratch: WorkerScratch) {
    scratch.pixels.reserve(
      sourceWidth: largestWidth, targetWidth: settings.imageSize, channels: source.channels)
  }

  /// One image in work: its item, the entries of its epoch, the memory for its pixels, and its list of targets.
  private struct Place {
    let item: WorkItem
    let entries: any ImageSource
    let pixels: PlanarTarget
    let targets: TargetList
  }

  /// Fills place `item.image` of `item.slot`. A damaged file gives plain 114 without targets and is quarantined. Throws
  /// `LoaderError.tooManyDamaged` if the quarantine is full, and other errors of the source.
  func fill(_ item: WorkItem, place bytes: UnsafeMutableRawBufferPointer, scratch: WorkerScratch) throws -> BatchImage {
    let place = Place(
      item: item, entries: entries(in: item.epoch),
      pixels: PlanarTarget(bytes, size: PixelSize(side: settings.imageSize), channels: source.channels),
      targets: item.slot.targets(of: item.image))
    let isDrawn: Bool
    switch settings.mode {
    case .validation: isDrawn = try drawLetterboxed(place, scratch)
    case .training(let augmentation): isDrawn = try drawAugmented(place, augmentation, scratch)
    }
    if !isDrawn {
      FeederImaging.fill(place.pixels, value: padValue)
      place.targets.removeAll()
    }
    try source.check()
    let watch = Stopwatch()
    let hash = StreamHash.image(pixels: UnsafeRawBufferPointer(bytes), targets: place.targets.all)
    counters.hash.add(watch.nanoseconds)
    let size = place.entries.size(of: item.entry)
    return BatchImage(
      entryIndex: item.entry, size: size ?? place.pixels.size,
      letterbox: size.map { geometry($0, place) } ?? Letterbox(source: place.pixels.size, target: place.pixels.size),
      isDamaged: !isDrawn, hash: hash)
  }

  /// The place of an entry of `size` in validation. All tiles have one scale.
  private func geometry(_ size: PixelSize, _ place: Place) -> Letterbox {
    let ratio = settings.tiling.map { Double(settings.imageSize) / Double($0.side) }
    return Letterbox(source: size, target: place.pixels.size, ratio: ratio)
  }

  // MARK: - Validation

  private func drawLetterboxed(_ place: Place, _ scratch: WorkerScratch) throws -> Bool {
    let entry = place.item.entry
    guard let size = place.entries.size(of: entry) else {
      try quarantine(entry, of: place, reason: nil)
      return false
    }
    let geometry = geometry(size, place)
    var drawing = Drawing(entry: entry)
    while let image = try pixels(of: &drawing, place, scratch) {
      letterbox(image, geometry: geometry, into: place.pixels, scratch: scratch.pixels)
    }
    guard !drawing.isDamaged else { return false }
    place.entries.forEachLabel(of: entry) { add(geometry.toTarget($0.box(in: size)), classID: $0.classID, to: place) }
    return true
  }

  // MARK: - Training

  private func drawAugmented(_ place: Place, _ augmentation: AugmentationSettings, _ scratch: WorkerScratch) throws
    -> Bool
  {
    let plan = plan(of: place.item.entry, in: place.item, of: place.entries, augmentation)
    let canvas = TrainingCanvas(plan, imageSize: settings.imageSize, tileSide: settings.tiling?.side) {
      place.entries.size(of: $0)
    }
    guard canvas.images.first?.entryIndex == place.item.entry else {
      try quarantine(place.item.entry, of: place, reason: nil)
      return false
    }
    fillBare(canvas, place.pixels)
    for (number, image) in canvas.images.enumerated() {
      // The image itself is read even if none of it shows, so finding a damaged file does not depend on chance.
      if try drawMember(image, of: canvas, place, scratch, always: number == 0) {
        addBoxes(of: image, on: canvas, to: place)
      } else if number == 0 {
        return false
      }
    }
    guard !plan.keepsColors else { return true }
    let watch = Stopwatch()
    adjustHSV(
      place.pixels, hueGain: plan.hueGain, saturationGain: plan.saturationGain, valueGain: plan.valueGain)
    counters.augment.add(watch.nanoseconds)
    return true
  }

  private func plan(
    of entry: Int, in item: WorkItem, of entries: any ImageSource, _ augmentation: AugmentationSettings
  ) -> AugmentationPlan {
    AugmentationPlan(
      seed: settings.seed, epoch: item.epoch, index: entry, imageCount: entries.count, imageSize: settings.imageSize,
      mosaicIsOpen: item.mosaicIsOpen, settings: augmentation)
  }

  /// Draws one member into its part of a turned canvas. False if its file is damaged; the part then stays plain 114.
  private func drawTurned(
    _ image: CanvasImage, of canvas: TrainingCanvas, _ turn: CanvasTurn, _ place: Place, _ scratch: WorkerScratch
  ) throws -> Bool {
    var drawing = Drawing(entry: image.entryIndex)
    while let stored = try pixels(of: &drawing, place, scratch) {
      let (map, part) = canvas.turnedMap(of: image, turn, stored: stored.size)
      warp(stored, map: map, part: part, into: place.pixels, scratch: scratch.pixels)
    }
    return !drawing.isDamaged
  }

  /// Draws one member into its rectangle. False if its file is damaged; the rectangle is then plain 114.
  private func drawMember(
    _ image: CanvasImage, of canvas: TrainingCanvas, _ place: Place, _ scratch: WorkerScratch, always: Bool
  ) throws -> Bool {
    if let turn = canvas.turn { return try drawTurned(image, of: canvas, turn, place, scratch) }
    let (columns, rows) = canvas.rectangle(of: image)
    let isVisible = !columns.isEmpty && !rows.isEmpty
    guard isVisible || always else { return true }
    var drawing = Drawing(entry: image.entryIndex)
    var map: AxisMap?
    if settings.tiling != nil {
      // The pixels of a tile are copied out of blocks, so only those that show are asked for.
      let (part, own) = canvas.map(of: image, stored: image.size).part(
        of: image.size, columns: columns, rows: rows, targetSize: place.pixels.size)
      (drawing.part, map) = (part, own)
    }
    while let stored = try pixels(of: &drawing, place, scratch) {
      guard isVisible else { continue }
      resample(
        stored, map: map ?? canvas.map(of: image, stored: stored.size), into: place.pixels, columns: columns,
        rows: rows, scratch: scratch.pixels)
    }
    if drawing.isDamaged { fillRectangle(place.pixels, columns: columns, rows: rows) }
    return !drawing.isDamaged
  }

  private func addBoxes(of image: CanvasImage, on canvas: TrainingCanvas, to place: Place) {
    place.entries.forEachLabel(of: image.entryIndex) { label in
      if let box = canvas.box(label.box(in: image.size), of: image) { add(box, classID: label.classID, to: place) }
    }
  }

  /// Fills the parts that no image covers with plain 114; of a turned canvas everything, because those parts are hard
  /// to find.
  private func fillBare(_ canvas: TrainingCanvas, _ pixels: PlanarTarget) {
    guard canvas.turn == nil else { return FeederImaging.fill(pixels, value: padValue) }
    canvas.forEachBareRun { row, columns in fillRectangle(pixels, columns: columns, rows: row..<row + 1) }
  }

  private func fillRectangle(_ pixels: PlanarTarget, columns: Range<Int>, rows: Range<Int>) {
    for channel in 0..<pixels.channels {
      for row in rows {
        let start = pixels.base + channel * pixels.planeByteCount + row * pixels.size.width + columns.lowerBound
        start.update(repeating: padValue, count: columns.count)
      }
    }
  }

  // MARK: - Sources

  func willNeed(_ entry: Int, in item: WorkItem) {
    let entries = entries(in: item.epoch)
    guard case .training(let augmentation) = settings.mode else { return entries.willNeed(entry) }
    let plan = plan(of: entry, in: item, of: entries, augmentation)
    for place in 0..<(plan.isMosaic ? 4 : 1) { entries.willNeed(plan.members[place]) }
  }

  /// An entry that is being drawn.
  private struct Drawing {
    let entry: Int
    /// The part that is needed; nil for all.
    var part: Tile?
    /// True if the file is damaged; then nothing is drawn.
    var isDamaged = false
    /// Time since its pixels were lent.
    var watch: Stopwatch?
  }

  /// The pixels of an entry, to be drawn. The next call gives nil, or the pixels again if some were lost during the
  /// drawing.
  private func pixels(of drawing: inout Drawing, _ place: Place, _ scratch: WorkerScratch) throws -> ImageView? {
    let entry = drawing.entry
    let image: ImageView?
    do {
      if let watch = drawing.watch {
        counters.augment.add(watch.nanoseconds)
        image =
          if let part = drawing.part {
            try place.entries.replacement(of: entry, tile: part, scratch: scratch.decode)
          } else {
            try place.entries.replacement(of: entry, scratch: scratch.decode)
          }
      } else {
        drawing.isDamaged = quarantine.contains(imageIndex(of: entry, in: place.item.epoch))
        image =
          if drawing.isDamaged {
            nil
          } else if let part = drawing.part {
            try place.entries.prepare(entry, tile: part, scratch: scratch.decode)
          } else {
            try place.entries.prepare(entry, scratch: scratch.decode)
          }
      }
    } catch CacheError.damagedImage(_, let reason) {
      try quarantine(entry, of: place, reason: reason)
      drawing.isDamaged = true
      return nil
    }
    drawing.watch = Stopwatch()
    return image
  }

  /// The image of an entry. A damaged board costs all of its tiles.
  private func imageIndex(of entry: Int, in epoch: Int) -> Int {
    tiles?.source(in: epoch).place(of: entry).board ?? entry
  }

  private func quarantine(_ entry: Int, of place: Place, reason: String?) throws {
    let index = imageIndex(of: entry, in: place.item.epoch)
    let item = source.item(index)
    try quarantine.add(
      QuarantinedImage(
        entryIndex: index, imageID: item.imageID, reason: reason ?? item.damage ?? "its size is unknown"))
  }

  private func add(_ box: Box, classID: Int, to place: Place) {
    let label = Label(classID: classID, box: box, size: place.pixels.size)
    place.targets.append(
      Target(
        imageIndex: place.item.image, classID: classID, centerX: Float(label.centerX), centerY: Float(label.centerY),
        width: Float(label.width), height: Float(label.height)))
  }
}
