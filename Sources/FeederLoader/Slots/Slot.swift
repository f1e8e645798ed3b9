import FeederCore

/// Memory of one batch: the pixels of its images and beside them, image by image, targets and facts.
///
/// Unchecked because of the raw memory. Invariant: its content is touched only by its owner: nobody while free, the
/// workers that were given an image of it while filling (each its own image), nobody while ready, the holder of the
/// `Batch` while lent, the device while in flight. `owner` changes under the lock of `LoaderCore` alone.
final class Slot: @unchecked Sendable {
  /// Who owns a slot.
  enum Owner: Sendable { case free, filling, ready, lent, inFlight }

  /// Place after place, and what fills up the last page.
  let pixels: UnsafeMutableRawBufferPointer
  private let memory: any SlotMemory
  private let images: UnsafeMutablePointer<BatchImage>
  private let costs: UnsafeMutablePointer<ImageCost>
  private let targets: [TargetList]
  private let collected = TargetList()
  private(set) var owner = Owner.free
  /// Which of the loader's slots it is, in the order they were made.
  let number: Int
  /// When filling, lying ready and being lent began, in a trace's nanoseconds; without a trace nobody asks.
  var times = (filling: 0, ready: 0, lent: 0)
  /// What the device has still to do with a slot that is given back; set by the holder of the `Batch`.
  var completion: (any SlotCompletion)?

  /// A free slot for `imageCount` images in `byteCount` bytes of `memory`. Throws what the memory throws.
  init(byteCount: Int, imageCount: Int, memory: any SlotMemory, number: Int) throws {
    self.number = number
    pixels = try memory.allocate(byteCount: byteCount)
    self.memory = memory
    images = .allocate(capacity: imageCount)
    costs = .allocate(capacity: imageCount)
    targets = (0..<imageCount).map { _ in TargetList() }
  }

  deinit {
    memory.free(pixels)
    images.deallocate()
    costs.deallocate()
  }

  /// Hands the slot from one owner to the next.
  func move(from old: Owner, to new: Owner) {
    precondition(owner == old, "the slot is \(owner), not \(old)")
    owner = new
  }

  /// The bytes of the image at `place`, each `byteCount` long.
  func place(_ place: Int, byteCount: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: pixels[place * byteCount..<(place + 1) * byteCount])
  }

  /// The targets of the image at `place`, to be filled by the worker that has it.
  func targets(of place: Int) -> TargetList { targets[place] }

  /// Notes the facts of the image at `place`.
  func note(_ image: BatchImage, at place: Int) { (images + place).initialize(to: image) }

  /// Notes what the image at `place` cost its worker.
  func note(_ cost: ImageCost, at place: Int) { (costs + place).initialize(to: cost) }

  /// What the first `count` images cost.
  func costs(_ count: Int) -> UnsafeBufferPointer<ImageCost> { UnsafeBufferPointer(start: costs, count: count) }

  /// The facts of the first `count` images.
  func images(_ count: Int) -> UnsafeBufferPointer<BatchImage> { UnsafeBufferPointer(start: images, count: count) }

  /// Brings the targets of the first `count` images together; `collectedTargets` then holds them in order of their images.
  func collectTargets(_ count: Int) {
    collected.removeAll()
    for place in 0..<count { collected.append(contentsOf: targets[place].all) }
  }

  /// What `collectTargets` brought together.
  var collectedTargets: UnsafeBufferPointer<Target> { collected.all }
}

/// Targets in memory that grows and stays, so that a loader in its stride allocates nothing.
///
/// Unchecked because of the raw memory. Invariant: touched by the owner of the slot that it belongs to.
final class TargetList: @unchecked Sendable {
  private var memory = UnsafeMutableBufferPointer<Target>.allocate(capacity: 32)
  private var count = 0

  deinit { memory.deallocate() }

  /// All targets, in the order they came.
  var all: UnsafeBufferPointer<Target> { UnsafeBufferPointer(rebasing: memory[..<count]) }

  /// Forgets all targets and keeps the memory.
  func removeAll() { count = 0 }

  /// Adds one at the end.
  func append(_ target: Target) {
    grow(to: count + 1)
    memory.initializeElement(at: count, to: target)
    count += 1
  }

  /// Adds all of `others` at the end.
  func append(contentsOf others: UnsafeBufferPointer<Target>) {
    grow(to: count + others.count)
    _ = UnsafeMutableBufferPointer(rebasing: memory[count...]).update(fromContentsOf: others)
    count += others.count
  }

  private func grow(to needed: Int) {
    guard needed > memory.count else { return }
    let larger = UnsafeMutableBufferPointer<Target>.allocate(capacity: max(needed, 2 * memory.count))
    _ = larger.update(fromContentsOf: all)
    memory.deallocate()
    memory = larger
  }
}
