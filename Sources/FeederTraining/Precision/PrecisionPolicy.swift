import FeederCore
import FeederTorch

/// The values of `--precision`: the number format of the network's convolutions.
package enum Precision: String, CaseIterable, Sendable {
  /// The fastest format on the device, if it passes a trial on the user's own data.
  case auto
  /// float32.
  case fp32
  /// float32, but a GPU rounds the factors of a product to 10 bits of mantissa.
  case tf32
  /// float16.
  case fp16
  /// bfloat16.
  case bf16
}

/// The meaning of a precision on a device. No other type decides it. docs/precision.md lists each operation's format.
///
/// Weights, EMA, gradients, optimizer and norm statistics are float32 in every precision. So are the softmax over
/// distances, box decoding, assignment and loss, which run after `HeadOutput`, outside of autocast.
package struct PrecisionPolicy: Sendable, Equatable {
  /// The precision; never `auto`.
  package let precision: Precision
  /// Why `auto` chose it; nil if the user did.
  package let reason: String?
  private let device: Device
  private let gpu: GPU?

  /// The facts about a GPU that decide.
  struct GPU: Equatable {
    let capability: CUDADevice.Capability
    /// Nil without Tensor Cores.
    let tensorCoreGeneration: Int?

    /// The first Tensor Cores support float16, the third generation also bfloat16 and TF32.
    var multipliesBFloat16: Bool { tensorCoreGeneration.map { $0 >= 3 } ?? false }
  }

  /// Resolves `precision` for `device`. If that is a GPU, asks its driver.
  package init(_ precision: Precision, on device: Device) {
    var gpu: GPU?
    if case .cuda(let index) = device, let found = CUDADevice.find().devices.first(where: { $0.index == index }) {
      gpu = GPU(capability: found.capability, tensorCoreGeneration: found.tensorCoreGeneration)
    }
    self.init(precision, on: device, gpu: gpu)
  }

  /// The same for known facts about the GPU; nil for the CPU or an unknown GPU.
  init(_ precision: Precision, on device: Device, gpu: GPU?) {
    self.device = device
    self.gpu = gpu
    guard precision == .auto else {
      (self.precision, reason) = (precision, nil)
      return
    }
    guard device != .cpu else {
      (self.precision, reason) = (.fp32, "on the CPU, equal runs give equal bytes")
      return
    }
    guard let gpu else {
      (self.precision, reason) = (.fp32, "the driver does not report the compute capability")
      return
    }
    let kind = "compute capability \(gpu.capability)"
    (self.precision, reason) =
      if gpu.multipliesBFloat16 {
        (.bf16, kind)
      } else if gpu.tensorCoreGeneration != nil {
        (.fp16, kind)
      } else {
        (.fp32, kind + " without Tensor Cores: half precision would not be faster")
      }
  }

  /// The format to which autocast casts in the network's forward pass; nil if the pass runs in float32.
  package var autocastType: ElementType? {
    switch precision {
    case .bf16: .bfloat16
    case .fp16: .float16
    case .auto, .fp32, .tf32: nil
    }
  }

  /// True if the loss must be scaled, because small gradients would become 0. Only float16 has so small a range.
  package var scalesLoss: Bool { precision == .fp16 }

  /// True if convolutions and matrix products in float32 may round to TF32.
  package var allowsTF32: Bool { precision == .tf32 }

  /// Throws `SettingError` if the device does not support the precision.
  package func check() throws {
    guard precision == .tf32 else { return }
    guard gpu?.multipliesBFloat16 ?? false else {
      throw SettingError(
        "\(setting: "precision") tf32: TF32 is a format of GPUs of compute capability 8.0 and newer; use fp32 here")
    }
  }

  /// Applies the part that is set for the whole process, TF32, to the engine. Throws `EngineError`.
  package func adopt() throws { try Engine.setTF32(allowsTF32) }
}
