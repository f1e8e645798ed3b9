/// The depth and width of a model.
package struct ModelSize: Sendable, Equatable {
  /// The letter in the model's name.
  let letter: String
  /// Factor on the number of bottlenecks of a stage.
  let depth: Double
  /// Factor on the channels of a layer, after the limit of `mostChannels`.
  let width: Double
  let mostChannels: Int

  /// The five published sizes.
  static let published = [
    ModelSize(letter: "n", depth: 1.0 / 3, width: 0.25, mostChannels: 1024),
    ModelSize(letter: "s", depth: 1.0 / 3, width: 0.5, mostChannels: 1024),
    ModelSize(letter: "m", depth: 2.0 / 3, width: 0.75, mostChannels: 768),
    ModelSize(letter: "l", depth: 1, width: 1, mostChannels: 512),
    ModelSize(letter: "x", depth: 1, width: 1.25, mostChannels: 512),
  ]

  /// Bottlenecks of a stage with `count` in the full network.
  func bottleneckCount(_ count: Int) -> Int { max(Int((Double(count) * depth).rounded()), 1) }

  /// Channels of a layer with `count` in the full network, rounded up to a multiple of 8.
  func channelCount(_ count: Int) -> Int {
    Int((Double(min(count, mostChannels)) * width / 8).rounded(.up)) * 8
  }
}
