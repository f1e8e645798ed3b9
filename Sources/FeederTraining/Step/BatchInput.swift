import FeederDetection
import FeederLoader
import FeederTorch

/// The network's input from a batch.
extension Batch {
  /// The pixels as uint8 [B, C, H, W], a view of the slot's memory. Valid until the batch is released.
  func bytes() throws -> Tensor {
    try Tensor(borrowing: pixels, type: .uint8, shape: [imageCount, channels, size.height, size.width])
  }

  /// Turns uint8 [B, C, H, W] into float32 [B, 3, H, W] from 0 to 1, channels-last, on the same device. A single
  /// channel is repeated three times.
  static func networkInput(_ bytes: Tensor) throws -> Tensor {
    let numbers = try bytes.to(.float32) * (1.0 / 255)
    let colour = bytes.extent(1) == 1 ? try numbers.expanded([-1, 3, -1, -1]) : numbers
    return try colour.contiguous(.channelsLast)
  }

  /// The pixels as float32 [B, 3, H, W] from 0 to 1 on `device`, channels-last. Copies the bytes and converts them
  /// there. The copy is complete on return, so the batch may be released. Throws `EngineError`.
  package func networkInput(on device: Device) throws -> Tensor { try Self.networkInput(bytes().to(device)) }

  /// The boxes in the form that the loss takes.
  package var targetBoxes: [TargetBox] {
    withTargets { targets in
      targets.map {
        TargetBox(
          imageIndex: $0.imageIndex, classID: $0.classID, x: $0.centerX, y: $0.centerY, width: $0.width,
          height: $0.height)
      }
    }
  }
}
