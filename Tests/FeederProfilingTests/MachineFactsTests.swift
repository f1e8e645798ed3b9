import Foundation
import Testing

@testable import FeederProfiling

@Suite("The doctor's advice follows from what the machine has")
struct MachineFactsTests {
  private static let plain = Processor(model: "a processor", vectorInstructions: ["avx2"])

  /// A machine with these parts. There is no advice about the others.
  private func machine(
    processor: Processor = plain, quota: Double? = nil, memory: Int = 64 << 30, gpus: [Accelerator] = [],
    absence: String? = nil, storage: [MachineFacts.Storage] = []
  ) -> MachineFacts {
    MachineFacts(
      processor: processor, coreCount: 8, coreQuota: quota, availableMemory: memory, memoryIsGroup: true,
      accelerators: gpus, acceleratorAbsence: absence, storage: storage)
  }

  private func gpu(_ major: Int, _ minor: Int, cores: Int?, link: Accelerator.Link? = nil) -> Accelerator {
    Accelerator(
      place: "cuda:0", name: "a GPU", memoryByteCount: 80 << 30, capability: (major, minor),
      tensorCoreGeneration: cores,
      link: link)
  }

  @Test("half precision is advised by compute capability")
  func precision() {
    for (gpu, advised) in [
      (gpu(6, 1, cores: nil), "does not pay below compute capability 7.0"), (gpu(7, 0, cores: 1), "--precision fp16"),
      (gpu(7, 5, cores: nil), "no Tensor Cores"), (gpu(7, 5, cores: 2), "--precision fp16"),
      (gpu(8, 0, cores: 3), "--precision bf16"), (gpu(9, 0, cores: 4), "--precision bf16"),
    ] {
      #expect(gpu.precisionAdvice.contains(advised))
      #expect(machine(gpus: [gpu]).advice.contains(gpu.precisionAdvice))
    }
  }

  @Test("TF32 is mentioned if the GPU has it")
  func tf32() throws {
    #expect(gpu(7, 5, cores: 2).tf32Advice == nil)
    let line = try #require(gpu(8, 0, cores: 3).tf32Advice)
    #expect(machine(gpus: [gpu(8, 0, cores: 3)]).advice.contains(line))
  }

  @Test("a machine without a GPU gets the reason in one line, and advice all the same")
  func noGPU() {
    let lines = machine(absence: "there is no driver").advice
    #expect(lines.count { $0.contains("there is no driver") } == 1)
    #expect(lines.count > 1)
    #expect(lines.allSatisfy { !$0.contains("\n") })
  }

  @Test("bf16 is advised on a processor that computes with it, and on no other")
  func processor() {
    let able = Processor(model: "another", vectorInstructions: ["avx512_bf16"])
    #expect(machine(processor: able).advice.contains { $0.contains("--precision bf16") })
    #expect(machine().advice.contains { $0.contains("--precision fp32 is the fastest") })
  }

  @Test("limits, narrow links, slow, full, distant and unreal storage are named, and only then")
  func remarks() {
    func storage(_ type: String, free: Int = 100 << 30, rate: Double? = 1e9, problem: String? = nil)
      -> MachineFacts.Storage
    {
      MachineFacts.Storage(
        use: "cache", folder: "/c", fileSystem: type, freeByteCount: free, bytesPerSecond: rate, problem: problem)
    }
    let narrow = Accelerator.Link(width: 4, maximumWidth: 16, speed: "16.0 GT/s PCIe")
    let wide = Accelerator.Link(width: 16, maximumWidth: 16, speed: "16.0 GT/s PCIe")
    let cases: [(MachineFacts, String, MachineFacts)] = [
      (machine(quota: 2.5), "2.5 of 8 cores", machine(quota: 8)),
      (machine(memory: 1 << 30), "1.0 GiB left", machine()),
      (
        machine(gpus: [gpu(9, 0, cores: 4, link: narrow)]), "4 of 16 lanes",
        machine(gpus: [gpu(9, 0, cores: 4, link: wide)])
      ),
      (machine(storage: [storage("nfs4")]), "over a network", machine(storage: [storage("ext4")])),
      (machine(storage: [storage("tmpfs")]), "is in memory", machine(storage: [storage("xfs")])),
      (machine(storage: [storage("ext4", free: 1 << 30)]), "1.0 GiB free", machine(storage: [storage("ext4")])),
      (machine(storage: [storage("ext4", rate: nil, problem: "is read-only")]), "is read-only", machine()),
    ]
    for (facts, words, quiet) in cases {
      #expect(facts.advice.contains { $0.contains(words) }, "\(words)")
      #expect(!quiet.advice.contains { $0.contains(words) }, "\(words)")
    }
    // 640 x 640 bytes per image.
    let line = machine(storage: [storage("ext4", rate: 409_600 * 300)]).advice.last
    #expect(line?.contains("300 images/s with one channel, 100 with three") == true)
  }

  @Test(
    "the processor's and the link's files are read as the kernel writes them, and their absence or nonsense is borne")
  func files() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "feeder-machine-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let bus = root.appending(path: "sys/bus/pci/devices/0000:3b:00.0")
    for (name, text) in [
      ("proc/cpuinfo", "processor\t: 0\nmodel name\t: A Chip @ 2: 3\nflags\t\t: fpu avx2 avx512_bf16\n"),
      ("sys/bus/pci/devices/0000:3b:00.0/current_link_width", "8\n"),
      ("sys/bus/pci/devices/0000:3b:00.0/max_link_width", "16\n"),
      ("sys/bus/pci/devices/0000:3b:00.0/current_link_speed", "2.5 GT/s PCIe\n"),
    ] {
      let file = root.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    #expect(
      Processor(root: root.path)
        == Processor(model: "A Chip @ 2: 3", vectorInstructions: ["avx2", "avx512_bf16"]))
    #expect(
      Accelerator.Link(busID: "0000:3B:00.0", root: root.path)
        == Accelerator.Link(width: 8, maximumWidth: 16, speed: "2.5 GT/s PCIe"))
    try Data("63\nx".utf8).write(to: bus.appending(path: "current_link_width"))
    #expect(Accelerator.Link(busID: "0000:3B:00.0", root: root.path) == nil)
    #expect(Processor(root: "/nowhere") == Processor(model: "unknown", vectorInstructions: []))
  }
}
