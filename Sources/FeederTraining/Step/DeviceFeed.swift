import FeederCore
import FeederDetection
import FeederLoader
import FeederTorch

/// The way of a batch from its slot to the device, beside the work that the device has.
///
/// The bytes are copied as they are, a quarter of what float32 numbers would be, on a stream of their own. The device's main
/// stream waits for the copy, the host does not; the slot returns to the loader once the copy's event is past. Numbers and
/// colour planes are made on the device. On the CPU the bytes are converted where they lie, and the slot is free at once.
package final class DeviceFeed {
  private let copy: any PixelCopy
  private let trace: Trace?

  /// A feed of `device` that notes its copies in `trace`. Throws if the device has no stream to give.
  package convenience init(device: Device, trace: Trace? = nil) throws {
    self.init(copy: device == .cpu ? NoCopy() : try SideStreamCopy(device: device), trace: trace)
  }

  /// A feed that copies by `copy`.
  init(copy: any PixelCopy, trace: Trace? = nil) {
    self.copy = copy
    self.trace = trace
  }

  /// The images of `batch` as [B, 3, H, W] in 0 to 1 on the device, channels-last, and its boxes. The slot goes back to the
  /// loader as soon as nobody reads it any more.
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

/// Moves the bytes of a slot to a device.
protocol PixelCopy {
  /// `bytes` where the device's main stream can read them, and what is done once the slot is read; nil where the slot is read
  /// when the network's input is made.
  func callAsFunction(_ bytes: Tensor) throws -> (bytes: Tensor, completion: (any SlotCompletion)?)
}

/// The CPU reads slots as they are.
struct NoCopy: PixelCopy {
  func callAsFunction(_ bytes: Tensor) throws -> (bytes: Tensor, completion: (any SlotCompletion)?) { (bytes, nil) }
}

/// Copies on a stream beside the main one. From page-locked slots the device copies by itself, while it computes.
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
    // The memory belongs to the side stream, which must not hand it out again while the main one reads it.
    try main.hold(copied)
    return (copied, event)
  }
}

extension DeviceEvent: SlotCompletion {}
