import FeederDetection
import FeederLoader
import FeederTorch

/// What the network takes from a batch.
extension Batch {
  /// The pixels as [B, 3, H, W] in 0 to 1 on `device`, channels-last; one channel counts three times. A copy: the batch may be
  /// released afterwards.
  package func networkInput(on device: Device) throws -> Tensor {
    let bytes = try Tensor(borrowing: pixels, type: .uint8, shape: [imageCount, channels, size.height, size.width])
    let numbers = try bytes.to(device, type: .float32) * (1.0 / 255)
    let colour = channels == 1 ? try numbers.expanded([-1, 3, -1, -1]) : numbers
    return try colour.contiguous(.channelsLast)
  }

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
