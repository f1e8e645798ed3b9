import FeederTorch

/// The operators of a forward pass, on values of some kind. Every layer describes its pass once, in these; `TensorOperators`
/// computes it, and an exporter writes it down.
package protocol NetworkOperators: AnyObject {
  /// What a layer reads and gives: [B, channels, H, W].
  associatedtype Value
  /// What the head gives per level.
  associatedtype Level

  /// Convolution, batch norm and SiLU. Throws what the operators throw, as all of these do.
  func block(_ x: Value, _ layer: ConvolutionBlock) throws -> Value
  /// A convolution with a bias.
  func convolution(_ x: Value, _ layer: Convolution) throws -> Value
  /// The first `count` channels, and the next `count`.
  func halves(_ x: Value, _ count: Int) throws -> [Value]
  /// The channels of all values, in order.
  func joined(_ values: [Value]) throws -> Value
  /// The sum of two values, element by element.
  func sum(_ x: Value, _ y: Value) throws -> Value
  /// The maximum of each `kernel` x `kernel` window with stride 1; the size stays.
  func maximum(_ x: Value, kernel: Int) throws -> Value
  /// Height and width doubled by repetition.
  func upsampled(_ x: Value) throws -> Value
  /// A level of the head, from the logits of boxes [B, 4 x bins, h, w] and of classes [B, classes, h, w].
  func level(boxes: Value, classes: Value) throws -> Level
}

/// Computes a forward pass on tensors.
final class TensorOperators: NetworkOperators {
  private let training: Bool

  /// In training, norms use the batch's statistics and update the running ones.
  init(training: Bool) { self.training = training }

  func block(_ x: Tensor, _ layer: ConvolutionBlock) throws -> Tensor { try layer(x, training: training) }
  func convolution(_ x: Tensor, _ layer: Convolution) throws -> Tensor { try layer(x) }
  func halves(_ x: Tensor, _ count: Int) throws -> [Tensor] { try x.split([count, count], along: 1) }
  func joined(_ values: [Tensor]) throws -> Tensor { try .concatenated(values, along: 1) }
  func sum(_ x: Tensor, _ y: Tensor) throws -> Tensor { try x + y }
  func maximum(_ x: Tensor, kernel: Int) throws -> Tensor { try x.maxPool(kernel, stride: 1, padding: kernel / 2) }
  func upsampled(_ x: Tensor) throws -> Tensor { try x.upsampledTwice() }

  /// [B, 4 x bins + classes, h, w].
  func level(boxes: Tensor, classes: Tensor) throws -> Tensor { try .concatenated([boxes, classes], along: 1) }
}
