import FeederTorch

/// Replaces the gradients of all ranks by their sum, in buckets. Each bucket is sent while backward still runs.
///
/// Buckets hold the learned tensors from last to first, about the order in which backward reaches them. A bucket is
/// sent when it and all before it are complete, because all ranks must start joint work in the same order. Buckets are
/// in host memory and travel over gloo. If the ranks' GPUs are linked, buckets are on the GPU, and NCCL sums them
/// beside backward.
final class GradientReduction {
  /// Numbers per bucket, 4 MiB. Small, so that the last bucket takes little time after backward.
  private static let bucketCount = 1 << 20

  private final class Bucket {
    let members: Range<Int>
    let numbers: Tensor
    /// One view of `numbers` per member, in the member's shape.
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

  /// Sums the gradients of `leaves` over `group`, by the `link` between its GPUs if there is one. Throws `EngineError`.
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

  /// From now on, sends gradients as they become complete.
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

  /// Sends the next bucket. A tensor without a gradient counts as zeros.
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

  /// Sends the remaining buckets, waits for all, and puts the sums into the gradients. Throws the first `EngineError`
  /// of any send.
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
