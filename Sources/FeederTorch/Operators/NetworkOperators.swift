/// Operators of convolutional networks. They throw `EngineError` if torch refuses.
extension Tensor {
  private enum Op {
    static let conv2d = Operator("conv2d")
    static let batchNorm = Operator("batch_norm")
    static let silu = Operator("silu")
    static let siluInPlace = Operator("silu_")
    static let maxPool = Operator("max_pool2d")
    static let upsample = Operator("upsample_nearest2d", "vec")
    static let bce = Operator("binary_cross_entropy_with_logits")
  }

  /// Convolves this tensor [B, C, H, W] with `weight` [out, C / groups, k, k] and adds `bias` [out]. Result: [B, out,
  /// H', W'].
  package func conv2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) throws -> Tensor {
    try Op.conv2d(
      .tensor(self), .tensor(weight), .optional(bias), .ints([stride, stride]), .ints([padding, padding]),
      .ints([1, 1]), .int(groups))
  }

  /// Batch norm of this tensor [B, C, H, W]; the other tensors are [C]. In training, the running mean and (unbiased)
  /// variance move by `momentum` to the batch's.
  package func batchNorm(
    weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, training: Bool, momentum: Double,
    epsilon: Double
  ) throws -> Tensor {
    try Op.batchNorm(
      .tensor(self), .tensor(weight), .tensor(bias), .tensor(runningMean), .tensor(runningVariance),
      .bool(training), .double(momentum), .double(epsilon), .bool(true))
  }

  /// x * sigmoid(x), element by element.
  package func silu() throws -> Tensor { try Op.silu(.tensor(self)) }

  /// The maximum of each `kernel` x `kernel` window of [B, C, H, W].
  package func maxPool(_ kernel: Int, stride: Int, padding: Int) throws -> Tensor {
    try Op.maxPool(.tensor(self), .ints([kernel, kernel]), .ints([stride, stride]), .ints([padding, padding]))
  }

  /// Nearest-neighbour upsampling of [B, C, H, W] to [B, C, 2 H, 2 W].
  package func upsampledTwice() throws -> Tensor {
    try Op.upsample(.tensor(self), .ints([extent(2) * 2, extent(3) * 2]), .none)
  }

  /// Binary cross entropy of these logits with `targets` of the same shape, element by element.
  package func binaryCrossEntropy(targets: Tensor) throws -> Tensor {
    try Op.bce(.tensor(self), .tensor(targets), .none, .none, .int(0))
  }
}
