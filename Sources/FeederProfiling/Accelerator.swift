/// The facts about a GPU that advice needs.
package struct Accelerator: Sendable, Equatable {
  /// The GPU's link to the host, as the kernel reports it.
  package struct Link: Sendable, Equatable {
    /// Lanes in use now.
    package let width: Int
    /// The most lanes that both ends can use.
    package let maximumWidth: Int
    /// Speed per lane, as in "32.0 GT/s PCIe". An idle GPU lowers it.
    package let speed: String

    /// A link with these facts.
    package init(width: Int, maximumWidth: Int, speed: String) {
      self.width = width
      self.maximumWidth = maximumWidth
      self.speed = speed
    }

    /// Asks the kernel about the device at `busID`, such as "0000:3b:00.0". Nil if it does not answer, as in many
    /// containers. Tests set `root`, the prefix of all paths.
    package init?(busID: String, root: String = "") {
      let folder = root + "/sys/bus/pci/devices/" + busID.lowercased() + "/"
      func text(_ name: String) -> String? {
        (try? String(contentsOfFile: folder + name, encoding: .utf8))?.split(separator: "\n").first.map(String.init)
      }
      guard let width = text("current_link_width").flatMap({ Int($0) }), width > 0,
        let maximum = text("max_link_width").flatMap({ Int($0) }), maximum >= width
      else { return nil }
      self.init(width: width, maximumWidth: maximum, speed: text("current_link_speed") ?? "unknown speed")
    }
  }

  /// Name of the device in Feeder, such as "cuda:0".
  package let place: String
  /// Name of the model, such as "NVIDIA H100 80GB HBM3".
  package let name: String
  /// Bytes of device memory.
  package let memoryByteCount: Int
  /// NVIDIA's compute capability, such as (9, 0).
  package let capability: (major: Int, minor: Int)
  /// Generation of its Tensor Cores; nil if it has none. The first two generations multiply float16; later ones also
  /// bfloat16 and TF32.
  package let tensorCoreGeneration: Int?
  /// The link to the host; nil if the kernel does not report it.
  package let link: Link?

  /// A GPU with these facts.
  package init(
    place: String, name: String, memoryByteCount: Int, capability: (major: Int, minor: Int), tensorCoreGeneration: Int?,
    link: Link?
  ) {
    self.tensorCoreGeneration = tensorCoreGeneration
    self.place = place
    self.name = name
    self.memoryByteCount = memoryByteCount
    self.capability = capability
    self.link = link
  }

  /// True if all facts are equal.
  package static func == (a: Accelerator, b: Accelerator) -> Bool {
    a.place == b.place && a.name == b.name && a.memoryByteCount == b.memoryByteCount && a.capability == b.capability
      && a.tensorCoreGeneration == b.tensorCoreGeneration && a.link == b.link
  }

  /// One line of advice about `--precision` on this GPU.
  package var precisionAdvice: String {
    let kind = "\(place) (\(name), compute capability \(capability.major).\(capability.minor))"
    if capability.major < 7 {
      return "\(kind): half precision does not pay below compute capability 7.0; use --precision fp32"
    }
    guard let tensorCoreGeneration else {
      return
        "\(kind): no Tensor Cores, so half precision saves memory but little time; use --precision fp32, or fp16 for larger batches"
    }
    if tensorCoreGeneration < 3 {
      return "\(kind): use --precision fp16; bf16 and TF32 come with capability 8.0"
    }
    return "\(kind): use --precision bf16, which needs no loss scaling, or fp16"
  }

  /// One line of advice about TF32 on this GPU; nil if it has no TF32.
  package var tf32Advice: String? {
    guard let tensorCoreGeneration, tensorCoreGeneration >= 3 else { return nil }
    return
      "\(place): TF32 is off in Feeder's fp32. PyTorch by default turns it on for convolutions, so its \"FP32\" figures on "
      + "this GPU are faster and keep 10 bits of each factor's 23: compare with torch.backends.cudnn.allow_tf32 = False"
  }
}
