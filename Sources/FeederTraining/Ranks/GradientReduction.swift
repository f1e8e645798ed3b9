import FeederTorch

/// Replaces the gradients of all ranks by their sum, in buckets that are sent while backward still goes on.
///
/// Buckets hold the learned tensors from the last to the first, about the order in which backward reaches them. They are sent in
/// that order, each once it and all before it are whole: all ranks must ask for the same work in the same order. They lie in host
/// memory and travel over gloo; where the ranks' GPUs are linked they stay there, and NCCL sums them beside backward.
final class GradientReduction {
  /// Numbers of a bucket, about: 4 MiB, few enough that the last one is short.
  private static let bucketCount = 1 << 20

  private final class Bucket {
    let members: Range<Int>
    let numbers: Tensor
    /// The member's places in `numbers`, in its shape.
    let views: [Tensor]
    var missingCount = 0
    var work: GroupWork?

    init(_ members: Range<Int>, _ leaves: ArraySlice<Tensor>, on device: Device) throws {
      self.members = members
      let counts = leaves.map(\.count)
      numbers = try Tensor.zeros([counts.reduce(0, +)], device: device)
      views = try zip(numbers.split(counts, along: 0), leaves).map { try $0.reshaped($1.shape) }
    }
  }

  private let group: ProcessGroup
  private let link: DeviceLink?
  private let leaves: [Tensor]
  private let buckets: [Bucket]
  private let bucketOf: [Int]
  private var isWhole: [Bool]
  private var nextBucket = 0
  private var isRunning = false
  private var failure: (any Error)?
  private var watch: GradientWatch?

  /// Reduces the gradients of `leaves` over `group`, by the `link` of its GPUs where there is one.
  init(_ leaves: [Tensor], over group: ProcessGroup, link: DeviceLink? = nil) throws {
    self.group = group
    self.link = link
    let device = link?.device ?? .cpu
    let leaves = Array(leaves.reversed())
    self.leaves = leaves
    var buckets: [Bucket] = []
    var first = 0
    while first < leaves.count {
      var (end, count) = (first, 0)
      while end < leaves.count, end == first || count + leaves[end].count <= Self.bucketCount {
        count += leaves[end].count
        end += 1
      }
      buckets.append(try Bucket(first..<end, leaves[first..<end], on: device))
      first = end
    }
    self.buckets = buckets
    bucketOf = buckets.enumerated().flatMap { index, bucket in bucket.members.map { _ in index } }
    isWhole = [Bool](repeating: false, count: leaves.count)
    watch = try GradientWatch(leaves) { [unowned self] index in ready(index) }
  }

  /// Gradients that become whole from now on are sent.
  func begin() {
    failure = nil
    nextBucket = 0
    for index in isWhole.indices { isWhole[index] = false }
    for bucket in buckets { bucket.missingCount = bucket.members.count }
    isRunning = true
  }

  private func ready(_ index: Int) {
    guard isRunning, failure == nil, !isWhole[index] else { return }
    isWhole[index] = true
    buckets[bucketOf[index]].missingCount -= 1
    do {
      while nextBucket < buckets.count, buckets[nextBucket].missingCount == 0 { try send() }
    } catch {
      failure = error
    }
  }

  /// Sends the next bucket. A leaf without a gradient counts as zeros.
  private func send() throws {
    let bucket = buckets[nextBucket]
    nextBucket += 1
    try withoutGradients {
      for (leaf, view) in zip(leaves[bucket.members], bucket.views) {
        if let gradient = try leaf.gradient() { try view.copy(from: gradient) } else { try view.zero() }
      }
    }
    if let link {
      try link.startSum(bucket.numbers, patience: group.patience)
    } else {
      bucket.work = try group.startSum(bucket.numbers)
    }
  }

  /// Sends what is left, waits for all, and puts the sums in the gradients' place. Throws what a sending threw.
  func finish() throws {
    isRunning = false
    if let failure { throw failure }
    while nextBucket < buckets.count { try send() }
    try link?.finish(in: group)
    for bucket in buckets {
      try bucket.work?.finish()
      bucket.work = nil
      try withoutGradients {
        for (leaf, view) in zip(leaves[bucket.members], bucket.views) {
          if let gradient = try leaf.gradient() {
            try gradient.copy(from: view)
          } else {
            let sum = try leaf.zerosLike()
            try sum.copy(from: view)
            try leaf.setGradient(sum)
          }
        }
      }
    }
  }
}
