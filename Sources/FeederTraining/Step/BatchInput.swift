import FeederDetection
import FeederLoader
import FeederTorch

/// What the network takes from a batch.
extension Batch {
  /// The pixels as bytes [B, C, H, W] over the slot's own memory, which is the batch's: valid until it is released.
  func bytes() throws -> Tensor {
    try Tensor(borrowing: pixels, type: .uint8, shape: [imageCount, channels, size.height, size.width])
  }

  /// Bytes [B, C, H, W] as numbers [B, 3, H, W] in 0 to 1, channels-last, where the bytes are; one channel counts three times.
  static func networkInput(_ bytes: Tensor) throws -> Tensor {
    let numbers = try bytes.to(.float32) * (1.0 / 255)
    let colour = bytes.extent(1) == 1 ? try numbers.expanded([-1, 3, -1, -1]) : numbers
    return try colour.contiguous(.channelsLast)
  }

  /// The pixels as [B, 3, H, W] in 0 to 1 on `device`, channels-last. Bytes travel, numbers are made there. A copy that is whole
  /// when this returns: the batch may be released afterwards.
  package func networkInput(on device: Device) throws -> Tensor { try Self.networkInput(bytes().to(device)) }

  /// The boxes as the loss takes them.
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
