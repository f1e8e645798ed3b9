import CTorch

/// A GPU, as its driver describes it.
package struct CUDADevice: Hashable, Sendable {
  /// The compute capability of a device, by NVIDIA's numbering.
  package struct Capability: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 8 of "8.6".
    package let major: Int
    /// The 6 of "8.6".
    package let minor: Int

    /// A capability by its two numbers.
    package init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }

    /// Orders by major, then by minor number.
    package static func < (a: Capability, b: Capability) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

    /// The capability as text: "8.6".
    package var description: String { "\(major).\(minor)" }
  }

  /// The index among the visible devices: the 0 of `cuda:0`.
  package let index: Int
  /// The name, such as "NVIDIA H100 80GB HBM3".
  package let name: String
  /// Memory of the device in bytes.
  package let memoryBytes: Int
  /// The compute capability.
  package let capability: Capability
  /// The generation of its Tensor Cores; see `tensorCoreGeneration(of:name:)`.
  package var tensorCoreGeneration: Int? { Self.tensorCoreGeneration(of: capability, name: name) }
  /// Number of streaming multiprocessors.
  package let multiprocessorCount: Int
  /// Domain, bus, device and function, such as "0000:3b:00.0". In lower case it is a folder of /sys/bus/pci/devices.
  package let pciBusID: String

  /// The devices of the driver, in the order of `cuda:0`, `cuda:1`, ...; if there are none, also one line with the
  /// reason. Asks only the driver; `Engine.cudaStatus` says if the engine can use the devices.
  package static func find() -> (devices: [CUDADevice], absence: String?) {
    var facts = [ct_cuda_device](repeating: ct_cuda_device(), count: 64)
    var count: Int32 = 0
    guard ct_cuda_properties(&facts, Int32(facts.count), &count) == 0 else {
      return ([], EngineError("CUDA devices").message)
    }
    return (facts.prefix(Int(count)).enumerated().map { CUDADevice(index: $0, $1) }, nil)
  }

  /// The newest CUDA version that the driver supports, such as "13.0"; nil if there is no driver.
  package static var driverVersion: String? {
    let version = ct_cuda_driver_version()
    return version > 0 ? "\(version / 1000).\(version % 1000 / 10)" : nil
  }

  /// The generation of a GPU's Tensor Cores: 1 Volta, 2 Turing, 3 Ampere, 4 Ada and Hopper, 5 Blackwell; nil if it has
  /// none. All multiply float16; bfloat16 and TF32 exist from generation 3 on. The GeForce GTX 16 series has Turing's
  /// capability but no Tensor Cores. A newer capability counts as the newest known one.
  package static func tensorCoreGeneration(of capability: Capability, name: String) -> Int? {
    switch (capability.major, capability.minor) {
    case (..<7, _): nil
    case (7, ..<5): 1
    case (7, _): name.contains("GTX 16") ? nil : 2
    case (8, 9): 4
    case (8, _): 3
    case (9, _): 4
    default: 5
    }
  }

  private init(index: Int, _ facts: ct_cuda_device) {
    self.index = index
    name = withUnsafeBytes(of: facts.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    pciBusID = withUnsafeBytes(of: facts.pci_bus_id) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    memoryBytes = Int(facts.memory_bytes)
    capability = Capability(Int(facts.capability_major), Int(facts.capability_minor))
    multiprocessorCount = Int(facts.multiprocessor_count)
  }
}
