import FeederTorch
import Testing

@Suite("GPUs are found, or their absence is explained")
struct CUDADeviceTests {
  @Test("Either there are devices with every fact, or one line says why there are none")
  func listOrReason() throws {
    let found = CUDADevice.find()
    if let reason = found.absence {
      #expect(found.devices.isEmpty)
      #expect(reason.contains("CUDA driver") && !reason.contains("\n"))
    } else {
      #expect(!found.devices.isEmpty)
      for (index, device) in found.devices.enumerated() {
        #expect(device.index == index && !device.name.isEmpty && device.pciBusID.contains(":"))
        #expect(device.memoryBytes > 0 && device.multiprocessorCount > 0 && device.capability.major > 0)
        #expect(CUDADevice.driverVersion != nil)
      }
    }
  }

  @Test("Tensor Cores follow from the capability, but for the GTX 16 series")
  func tensorCores() {
    let facts = [
      (6, 1, "Tesla P40", nil), (7, 0, "Tesla V100", 1), (7, 5, "Tesla T4", 2), (7, 5, "NVIDIA GeForce GTX 1660", nil),
      (8, 0, "NVIDIA A100", 3), (8, 6, "NVIDIA A10", 3), (8, 9, "NVIDIA L4", 4), (9, 0, "NVIDIA H100", 4),
      (10, 0, "NVIDIA B200", 5), (12, 0, "a newer one", 5),
    ]
    for (major, minor, name, generation) in facts {
      #expect(CUDADevice.tensorCoreGeneration(of: .init(major, minor), name: name) == generation, "\(name)")
    }
  }

  @Test("Capabilities are ordered by both numbers")
  func order() {
    #expect(CUDADevice.Capability(7, 5) < CUDADevice.Capability(8, 0))
    #expect(CUDADevice.Capability(8, 0) < CUDADevice.Capability(8, 6))
    #expect(CUDADevice.Capability(10, 0) > CUDADevice.Capability(9, 0))
    #expect("\(CUDADevice.Capability(8, 9))" == "8.9")
  }
}
