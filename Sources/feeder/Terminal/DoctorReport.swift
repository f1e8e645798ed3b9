import FeederCache
import FeederCodecs
import FeederCore
import FeederImaging
import FeederProfiling
import FeederTorch
import Foundation

/// The report of `feeder doctor`, as text and as JSON.
struct DoctorReport: Encodable {
  private struct CPU: Encodable {
    let model: String
    let cores: Int
    let controlGroupCores: Double?
    let threadsUsed: Int
    let vectorInstructions: [String]
    let pixelKernels: String
    let bfloat16: Bool
  }
  private struct Memory: Encodable {
    let availableBytes: Int
    let limitedBy: String
    let defaultBudgetBytes: Int
  }
  private struct Library: Encodable {
    let version: String
  }
  private struct CUDA: Encodable {
    struct GPU: Encodable {
      let device: String
      let name: String
      let memoryBytes: Int
      let computeCapability: String
      let tensorCoreGeneration: Int?
      let multiprocessors: Int
      let pcieWidth: Int?
      let pcieMaximumWidth: Int?
      let pcieSpeed: String?
    }
    let status: String
    let driverCudaVersion: String?
    let devices: [GPU]
    let tf32: String
  }
  private struct Storage: Encodable {
    let use: String
    let folder: String
    let fileSystem: String
    let freeBytes: Int
    let readBytesPerSecond: Double?
    let problem: String?
  }

  private let cpu: CPU
  private let memory: Memory
  private let libtorch: Library
  private let libjpegTurbo: Library
  private let cuda: CUDA
  private let storage: [Storage]
  private let advice: [String]

  /// The report on `facts`. `devices` are the GPUs of its accelerators, in the same order.
  init(_ facts: MachineFacts, _ devices: [CUDADevice]) {
    cpu = CPU(
      model: facts.processor.model, cores: facts.coreCount, controlGroupCores: facts.coreQuota,
      threadsUsed: CoreLimit.current.usable, vectorInstructions: facts.processor.vectorInstructions,
      pixelKernels: PixelLevel.active.name, bfloat16: facts.processor.hasBFloat16)
    let limit = MemoryLimit()
    memory = Memory(
      availableBytes: facts.availableMemory, limitedBy: facts.memoryIsGroup ? "control group" : "machine",
      defaultBudgetBytes: limit.defaultBudget)
    libtorch = Library(version: Engine.version)
    libjpegTurbo = Library(version: JPEGLibrary.version)
    cuda = CUDA(
      status: facts.acceleratorAbsence ?? Engine.cudaStatus, driverCudaVersion: CUDADevice.driverVersion,
      devices: zip(devices, facts.accelerators).map { device, gpu in
        CUDA.GPU(
          device: gpu.place, name: gpu.name, memoryBytes: gpu.memoryByteCount,
          computeCapability: "\(device.capability)",
          tensorCoreGeneration: gpu.tensorCoreGeneration, multiprocessors: device.multiprocessorCount,
          pcieWidth: gpu.link?.width, pcieMaximumWidth: gpu.link?.maximumWidth, pcieSpeed: gpu.link?.speed)
      }, tf32: Engine.allowsTF32 ? "on" : "off")
    storage = facts.storage.map {
      Storage(
        use: $0.use, folder: $0.folder, fileSystem: $0.fileSystem, freeBytes: $0.freeByteCount,
        readBytesPerSecond: $0.bytesPerSecond, problem: $0.problem)
    }
    advice = facts.advice
  }

  /// The report for people.
  var lines: [String] {
    var lines: [String] = []
    func line(_ name: String, _ text: String) {
      lines.append(name.padding(toLength: 10, withPad: " ", startingAt: 0) + text)
    }
    let quota = cpu.controlGroupCores.map { ", \($0) granted by a control group" } ?? ""
    line("processor", "\(cpu.model), \(cpu.cores) cores\(quota); \(cpu.vectorInstructions.joined(separator: " "))")
    line("kernels", "\(cpu.pixelKernels) for pixels (FEEDER_SIMD); \(cpu.threadsUsed) threads by default")
    line(
      "memory",
      "\(ByteCount(memory.availableBytes)) available (limited by the \(memory.limitedBy)), of which --memory takes "
        + "\(ByteCount(memory.defaultBudgetBytes)) by default")
    line("libraries", "libtorch \(libtorch.version), libjpeg-turbo \(libjpegTurbo.version)")
    line("GPU", cuda.status + (cuda.driverCudaVersion.map { "; driver for CUDA \($0)" } ?? ""))
    for gpu in cuda.devices {
      let cores = gpu.tensorCoreGeneration.map { "Tensor Cores of generation \($0)" } ?? "no Tensor Cores"
      let link = gpu.pcieWidth.map { ", PCIe x\($0) of x\(gpu.pcieMaximumWidth ?? $0), \(gpu.pcieSpeed ?? "")" } ?? ""
      line(
        gpu.device,
        "\(gpu.name), \(ByteCount(gpu.memoryBytes)), compute capability \(gpu.computeCapability), \(cores)\(link)")
    }
    for folder in storage {
      let rate = folder.readBytesPerSecond.map { ", \(ByteCount(Int($0)))/s read past the page cache" } ?? ""
      line(folder.use, "\(folder.folder): \(folder.fileSystem), \(ByteCount(folder.freeBytes)) free\(rate)")
    }
    return lines + ["advice"] + advice.map { "  - \($0)" }
  }
}
