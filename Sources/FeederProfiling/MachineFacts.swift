import FeederCore

/// Facts about a machine, and advice for its user.
package struct MachineFacts: Sendable {
  /// A folder that a run reads from.
  package struct Storage: Sendable {
    /// The use of the folder, such as "cache".
    package let use: String
    /// Path of the folder.
    package let folder: String
    /// Type of the file system, such as "ext4" or "nfs4".
    package let fileSystem: String
    /// Bytes that the user may still write.
    package let freeByteCount: Int
    /// Bytes per second of reads that bypass the page cache; nil if it could not be measured.
    package let bytesPerSecond: Double?
    /// Why the rate could not be measured; nil if it was.
    package let problem: String?
    /// Mean bytes of an image file in the folder; nil if there are none yet.
    package let fileByteCount: Double?

    /// Storage with these facts.
    package init(
      use: String, folder: String, fileSystem: String, freeByteCount: Int, bytesPerSecond: Double?, problem: String?,
      fileByteCount: Double? = nil
    ) {
      self.use = use
      self.folder = folder
      self.fileSystem = fileSystem
      self.freeByteCount = freeByteCount
      self.bytesPerSecond = bytesPerSecond
      self.problem = problem
      self.fileByteCount = fileByteCount
    }
  }

  /// The processor.
  package var processor: Processor
  /// Cores that the scheduler gives to this process.
  package var coreCount: Int
  /// Cores that the control group's quota allows; nil without a quota.
  package var coreQuota: Double?
  /// Bytes that this process may still allocate.
  package var availableMemory: Int
  /// True if a control group sets that limit.
  package var memoryIsGroup: Bool
  /// The GPUs.
  package var accelerators: [Accelerator]
  /// One line that says why no GPU can be used; nil if one can.
  package var acceleratorAbsence: String?
  /// The folders that a run reads from.
  package var storage: [Storage]

  /// A machine with these facts.
  package init(
    processor: Processor, coreCount: Int, coreQuota: Double?, availableMemory: Int, memoryIsGroup: Bool,
    accelerators: [Accelerator], acceleratorAbsence: String?, storage: [Storage]
  ) {
    self.processor = processor
    self.coreCount = coreCount
    self.coreQuota = coreQuota
    self.availableMemory = availableMemory
    self.memoryIsGroup = memoryIsGroup
    self.accelerators = accelerators
    self.acceleratorAbsence = acceleratorAbsence
    self.storage = storage
  }

  private static let littleMemory = 4 << 30
  private static let littleDisk = 10 << 30
  /// File systems whose files are on another machine, and those whose files are in memory.
  private static let networked: Set = [
    "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "glusterfs", "fuse.sshfs", "fuse.s3fs", "beegfs",
  ]
  private static let inMemory: Set = ["tmpfs", "ramfs"]
  /// Bytes of one channel of an image of the default size, 640 x 640 pixels.
  private static let imageByteCount = 640 * 640.0

  /// Advice for the user, one line each. Never empty.
  package var advice: [String] {
    acceleratorLines + processorLines + memoryLines + storage.flatMap(lines)
  }

  private var acceleratorLines: [String] {
    guard acceleratorAbsence == nil, !accelerators.isEmpty else {
      return [
        "no GPU can be used (\(acceleratorAbsence ?? "none is there")): preparing, caching and measuring the loader work the same "
          + "here; for a first training run on the processor take --model yolov8n --image-size 320"
      ]
    }
    return accelerators.flatMap { gpu in
      var lines = [gpu.precisionAdvice]
      if let line = gpu.tf32Advice { lines.append(line) }
      if let link = gpu.link, link.width < link.maximumWidth {
        lines.append(
          "\(gpu.place): its PCIe link uses \(link.width) of \(link.maximumWidth) lanes; look at the slot and the riser"
        )
      }
      return lines
    }
  }

  private var processorLines: [String] {
    var lines: [String] = []
    lines.append(
      processor.hasBFloat16
        ? "training on this processor: --precision bf16 is computed by the processor itself, and usually faster than fp32"
        : "training on this processor: it has no bfloat16 arithmetic, so --precision fp32 is the fastest")
    if let quota = coreQuota, quota < Double(coreCount) {
      lines.append(
        "a control group grants the time of \(tenths(quota)) of \(coreCount) cores; Feeder counts with that, but a limit in whole cores wastes none"
      )
    }
    return lines
  }

  private var memoryLines: [String] {
    guard availableMemory < Self.littleMemory else { return [] }
    let place = memoryIsGroup ? "this control group" : "this machine"
    return [
      "\(place) has \(ByteCount(max(availableMemory, 0))) left: look at `feeder train --plan` before a run, and take --batch auto"
    ]
  }

  private func lines(_ storage: Storage) -> [String] {
    let name = "the \(storage.use) folder (\(storage.folder))"
    var lines: [String] = []
    if let problem = storage.problem { return ["the \(storage.use) folder: \(problem)"] }
    if Self.inMemory.contains(storage.fileSystem) {
      lines.append("\(name) is in memory (\(storage.fileSystem)): its files reduce the run's memory")
    } else if let rate = storage.bytesPerSecond {
      let images = rate / (storage.fileByteCount ?? Self.imageByteCount)
      let most =
        storage.fileByteCount == nil
        ? "as pixels of 640 x 640 at most \(whole(images)) images/s with one channel, \(whole(images / 3)) with three"
        : "at most \(whole(images)) of its images/s"
      lines.append("\(name) delivers \(ByteCount(Int(rate)))/s past the page cache: \(most)")
    }
    if Self.networked.contains(storage.fileSystem) {
      lines.append(
        "\(name) is reached over a network (\(storage.fileSystem)); a cache on a local disk (--cache-dir) is read faster"
      )
    }
    if storage.fileByteCount == nil, storage.freeByteCount < Self.littleDisk {
      lines.append("\(name) has \(ByteCount(storage.freeByteCount)) free; --cache jpeg needs far less than pixels")
    }
    return lines
  }

  private func tenths(_ value: Double) -> String { "\(Double((value * 10).rounded()) / 10)" }
  private func whole(_ value: Double) -> String { value < 10 ? tenths(value) : "\(Int(value))" }
}
