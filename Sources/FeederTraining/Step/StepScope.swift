import FeederTorch

/// Everything around the work of one batch, from the outside in: it is repeated in parts if memory runs out, it is
/// undone if it fails, the run's state is lent meanwhile, and a lost rank becomes one error line.
struct StepScope {
  let parts: BatchParts
  let undo: StepUndo
  /// Nil outside of a run, when no thread saves.
  let gate: CheckpointGate?
  let ranks: Ranks?

  /// Runs `body` on the `ranges` of `imageCount` images. The `learned` tensors have no gradients when it starts. Throws
  /// what `body` throws, with `TrainingError.outOfMemory` and `.rankLost` for their causes.
  func run(
    _ imageCount: Int, _ body: (_ ranges: [Range<Int>], _ learned: [Tensor]) throws -> Tensor
  ) throws -> Tensor {
    func work(_ ranges: [Range<Int>], _ learned: [Tensor]) throws -> Tensor {
      guard let ranks else { return try body(ranges, learned) }
      return try ranks.together { _ in try body(ranges, learned) }
    }
    func lent(_ ranges: [Range<Int>], _ learned: [Tensor]) throws -> Tensor {
      guard let gate else { return try work(ranges, learned) }
      return try gate.whileUnchanged { try work(ranges, learned) }
    }
    return try parts.run(imageCount) { ranges in try undo { learned in try lent(ranges, learned) } }
  }
}
