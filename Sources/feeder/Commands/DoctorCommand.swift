import ArgumentParser
import FeederCache
import FeederCore
import FeederDatasets
import FeederProfiling
import FeederRun
import FeederTorch
import Foundation

/// `feeder doctor`: prints facts about this machine, with advice.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Prints facts about this machine, with advice.",
    discussion: """
      Looks at processor, memory, libraries, GPUs and the storage of the cache folder, and of DATA if it is given. Reads and \
      writes some megabytes there to measure them; no file is left behind.
      """)

  @Argument(help: "A data.yaml, or the folder that holds one: its storage is measured too.")
  var data: String?
  @Option(help: "Folder of cache files; by default $XDG_CACHE_HOME/feeder, else ~/.cache/feeder.")
  var cacheDir: String?
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func run() throws {
    let dataset = try data.map { try Dataset.open($0, skipsBadLabels: true) }
    let (devices, absence) = CUDADevice.find()
    // A driver alone does not suffice: the engine's CUDA libraries must load as well.
    let engineAbsence = devices.isEmpty || Engine.cudaDeviceCount > 0 ? nil : Engine.cudaStatus
    let (memory, cores) = (MemoryLimit(), CoreLimit.current)
    let facts = MachineFacts(
      processor: Processor(), coreCount: cores.coreCount, coreQuota: cores.quota, availableMemory: memory.available,
      memoryIsGroup: memory.isGroup, accelerators: devices.map(Self.accelerator),
      acceleratorAbsence: absence ?? engineAbsence, storage: try StorageReport.facts(dataset, CacheFolder(cacheDir)))
    let report = DoctorReport(facts, devices)
    try Terminal.show(report.lines, json: json, report)
  }

  private static func accelerator(_ device: CUDADevice) -> Accelerator {
    Accelerator(
      place: "cuda:\(device.index)", name: device.name, memoryByteCount: device.memoryBytes,
      capability: (device.capability.major, device.capability.minor),
      tensorCoreGeneration: device.tensorCoreGeneration, link: Accelerator.Link(busID: device.pciBusID))
  }
}
