/// The five published sizes of YOLOv8: how deep and how wide.
package enum ModelSize: String, CaseIterable, Sendable {
  case n
  case s
  case m
  case l
  case x

  /// The size of a name such as `yolov8n`; nil where there is none.
  package init?(modelName: String) {
    guard modelName.hasPrefix("yolov8") else { return nil }
    self.init(rawValue: String(modelName.dropFirst(6)))
  }

  /// The name people know: `yolov8n`.
  package var modelName: String { "yolov8" + rawValue }

  /// Multiplies the count of bottlenecks of a stage.
  private var depth: Double {
    switch self {
    case .n, .s: 1.0 / 3
    case .m: 2.0 / 3
    case .l, .x: 1
    }
  }

  /// Multiplies the channels, and the most channels before that.
  private var width: (factor: Double, largest: Int) {
    switch self {
    case .n: (0.25, 1024)
    case .s: (0.5, 1024)
    case .m: (0.75, 768)
    case .l: (1, 512)
    case .x: (1.25, 512)
    }
  }

  /// Bottlenecks of a stage that has `count` in the full network.
  func bottleneckCount(_ count: Int) -> Int { max(Int((Double(count) * depth).rounded()), 1) }

  /// Channels of a layer that has `count` in the full network: a multiple of 8.
  func channelCount(_ count: Int) -> Int {
    Int((Double(min(count, width.largest)) * width.factor / 8).rounded(.up)) * 8
  }

  /// Channels behind the first layer; with `deepChannelCount` it tells the sizes apart.
  package var stemChannelCount: Int { channelCount(64) }

  /// Channels of the deepest stage.
  package var deepChannelCount: Int { channelCount(1024) }
}
