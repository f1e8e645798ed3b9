import FeederCore

/// The memory of one batch: the pixels of its images, and per image targets and facts.
///
/// Unchecked because of the raw memory. Invariant: only the owner accesses the content. There is no owner while free or
/// ready; while filling, each worker owns the images that it was given; while lent, the holder of the `Batch`; while in
/// flight, the device. `owner` changes only under the lock of `LoaderCore`.
final class Slot: @unchecked Sendable {
  /// The owner of a slot.
  enum Owner: Sendable { case free, filling, ready, lent, inFlight }

  /// All places, then padding up to a whole page.
  let pixels: UnsafeMutableRawBufferPointer
  private let memory: any SlotMemory
  private let images: UnsafeMutablePointer<BatchImage>
  private let costs: UnsafeMutablePointer<ImageCost>
  private let targets: [TargetList]
  private let collected = TargetList()
  private(set) var owner = Owner.free
  /// The slot's number, in the order of creation.
  let number: Int
  /// Start of filling, ready and lent, in nanoseconds of the trace; unused without a trace.
  var times = (filling: 0, ready: 0, lent: 0)
  /// The device's remaining use of a returned slot; set by the holder of the `Batch`.
  var completion: (any SlotCompletion)?

  /// A free slot for `imageCount` images, with `byteCount` bytes of `memory`. Throws what `allocate` throws.
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

  /// Passes the slot from one owner to the next.
  func move(from old: Owner, to new: Owner) {
    precondition(owner == old, "the slot is \(owner), not \(old)")
    owner = new
  }

  /// The bytes of the image at `place`. Each image has `byteCount` bytes.
  func place(_ place: Int, byteCount: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: pixels[place * byteCount..<(place + 1) * byteCount])
  }

  /// The targets of the image at `place`, which its worker fills.
  func targets(of place: Int) -> TargetList { targets[place] }

  /// Notes the facts of the image at `place`.
  func note(_ image: BatchImage, at place: Int) { (images + place).initialize(to: image) }

  /// Notes the cost of the image at `place`.
  func note(_ cost: ImageCost, at place: Int) { (costs + place).initialize(to: cost) }

  /// The costs of the first `count` images.
  func costs(_ count: Int) -> UnsafeBufferPointer<ImageCost> { UnsafeBufferPointer(start: costs, count: count) }

  /// The facts of the first `count` images.
  func images(_ count: Int) -> UnsafeBufferPointer<BatchImage> { UnsafeBufferPointer(start: images, count: count) }

  /// Copies the targets of the first `count` images to `collectedTargets`, in the order of their images.
  func collectTargets(_ count: Int) {
    collected.removeAll()
    for place in 0..<count { collected.append(contentsOf: targets[place].all) }
  }

  /// The targets that `collectTargets` copied.
  var collectedTargets: UnsafeBufferPointer<Target> { collected.all }
}

/// Targets in memory that grows and is reused, so a warm loader allocates nothing.
///
/// Unchecked because of the raw memory. Invariant: only the owner of its slot accesses it.
final class TargetList: @unchecked Sendable {
  private var memory = UnsafeMutableBufferPointer<Target>.allocate(capacity: 32)
  private var count = 0

  deinit { memory.deallocate() }

  /// All targets, in the order of their addition.
  var all: UnsafeBufferPointer<Target> { UnsafeBufferPointer(rebasing: memory[..<count]) }

  /// Removes all targets and keeps the memory.
  func removeAll() { count = 0 }

  /// Adds one target at the end.
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
