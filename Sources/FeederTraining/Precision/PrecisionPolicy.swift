import FeederCore
import FeederTorch

/// What `--precision` takes: the number format of the network's convolutions.
package enum Precision: String, CaseIterable, Sendable {
  /// What the device is fastest with, if it passes a trial on the user's own data.
  case auto
  case fp32
  /// float32 whose factors a GPU rounds to 10 bits of mantissa.
  case tf32
  case fp16
  case bf16
}

/// What a precision means on a device: the one place that decides it. docs/precision.md says which operation runs in what.
///
/// Weights, their average, gradients, the optimizer and the norms' statistics are float32 in all; so are the softmax over distances,
/// box decoding, assignment and loss, which run behind `HeadOutput`, outside of autocast.
package struct PrecisionPolicy: Sendable, Equatable {
  /// The precision; never `auto`.
  package let precision: Precision
  /// Why `auto` came to it; nil where the user named it.
  package let reason: String?
  private let device: Device
  private let gpu: GPU?

  /// What of a GPU decides.
  struct GPU: Equatable {
    let capability: CUDADevice.Capability
    /// nil without Tensor Cores.
    let tensorCoreGeneration: Int?

    /// float16 came with the first Tensor Cores, bfloat16 and TF32 with the third.
    var multipliesBFloat16: Bool { tensorCoreGeneration.map { $0 >= 3 } ?? false }
  }

  /// What `precision` is on `device`; of a GPU its driver is asked.
  package init(_ precision: Precision, on device: Device) {
    var gpu: GPU?
    if case .cuda(let index) = device, let found = CUDADevice.find().devices.first(where: { $0.index == index }) {
      gpu = GPU(capability: found.capability, tensorCoreGeneration: found.tensorCoreGeneration)
    }
    self.init(precision, on: device, gpu: gpu)
  }

  /// The same with a known GPU.
  init(_ precision: Precision, on device: Device, gpu: GPU?) {
    self.device = device
    self.gpu = gpu
    guard precision == .auto else {
      (self.precision, reason) = (precision, nil)
      return
    }
    guard device != .cpu else {
      (self.precision, reason) = (.fp32, "on the CPU, where equal runs give equal bytes")
      return
    }
    guard let gpu else {
      (self.precision, reason) = (.fp32, "the driver does not tell the compute capability")
      return
    }
    let kind = "compute capability \(gpu.capability)"
    (self.precision, reason) =
      if gpu.multipliesBFloat16 {
        (.bf16, kind)
      } else if gpu.tensorCoreGeneration != nil {
        (.fp16, kind)
      } else {
        (.fp32, kind + " without Tensor Cores, where half precision does not pay")
      }
  }

  /// What autocast casts to in the network's forward pass; nil runs it in float32.
  package var autocastType: ElementType? {
    switch precision {
    case .bf16: .bfloat16
    case .fp16: .float16
    case .auto, .fp32, .tf32: nil
    }
  }

  /// True where small gradients would vanish without a scale: float16 alone has few exponents.
  package var scalesLoss: Bool { precision == .fp16 }

  /// True where convolutions and products in float32 may round to TF32.
  package var allowsTF32: Bool { precision == .tf32 }

  /// Throws `SettingError` where the device cannot do it.
  package func check() throws {
    guard precision == .tf32 else { return }
    guard gpu?.multipliesBFloat16 ?? false else {
      throw SettingError(
        "\(setting: "precision") tf32: TF32 is a format of GPUs of compute capability 8.0 and newer; use fp32 here")
    }
  }

  /// Makes the engine do so; the part that holds for the whole process.
  package func adopt() throws { try Engine.setTF32(allowsTF32) }
}
