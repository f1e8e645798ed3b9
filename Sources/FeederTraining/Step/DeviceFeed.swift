import FeederCore
import FeederDetection
import FeederLoader
import FeederTorch

/// Copies a batch from its slot to the device while the device computes.
///
/// It copies bytes, a quarter of the size of float32, on a separate stream. The device's main stream waits for the
/// copy, the host does not. The slot returns to the loader after the copy's event. The device converts bytes to numbers
/// and repeats a single channel. On the CPU the bytes are converted in place, and the slot is free at once.
package final class DeviceFeed {
  private let copy: any PixelCopy
  private let trace: Trace?

  /// A feed to `device` that records its copies in `trace`. Throws `EngineError` if the device gives no stream.
  package convenience init(device: Device, trace: Trace? = nil) throws {
    self.init(copy: device == .cpu ? NoCopy() : try SideStreamCopy(device: device), trace: trace)
  }

  /// A feed that copies with `copy`.
  init(copy: any PixelCopy, trace: Trace? = nil) {
    self.copy = copy
    self.trace = trace
  }

  /// The images of `batch` as float32 [B, 3, H, W] from 0 to 1 on the device, channels-last, and its boxes. The slot
  /// returns to the loader when nothing reads it any more. Throws `EngineError`.
  package func callAsFunction(_ batch: consuming Batch) throws -> (images: Tensor, targets: [TargetBox]) {
    let targets = batch.targetBoxes
    let (images, completion) = try trace.span(.consumer, "copy", batch: batch.index) {
      let copied = try copy(batch.bytes())
      return (try Batch.networkInput(copied.bytes), copied.completion)
    }
    if let completion {
      batch.release(after: completion)
    } else {
      batch.release()
    }
    return (images, targets)
  }
}

/// Copies the bytes of a slot to a device.
protocol PixelCopy {
  /// Bytes that the device's main stream can read, and the event after which the slot is no longer read; nil if the
  /// network's input is still to be made from the slot.
  func callAsFunction(_ bytes: Tensor) throws -> (bytes: Tensor, completion: (any SlotCompletion)?)
}

/// For the CPU, which reads slots directly.
struct NoCopy: PixelCopy {
  func callAsFunction(_ bytes: Tensor) throws -> (bytes: Tensor, completion: (any SlotCompletion)?) { (bytes, nil) }
}

/// Copies on a second stream. From page-locked slots the device copies by itself while it computes.
struct SideStreamCopy: PixelCopy {
  private let device: Device
  private let side: Stream

  init(device: Device) throws {
    self.device = device
    side = try Stream.side(on: device)
  }

  func callAsFunction(_ bytes: Tensor) throws -> (bytes: Tensor, completion: (any SlotCompletion)?) {
    let main = try Stream.current(on: device)
    let copied = try side.run { try bytes.to(device, waits: false) }
    let event = try DeviceEvent(after: side)
    try main.wait(for: event)
    // The memory belongs to the side stream, which must not reuse it while the main stream reads it.
    try main.hold(copied)
    return (copied, event)
  }
}

extension DeviceEvent: SlotCompletion {}
