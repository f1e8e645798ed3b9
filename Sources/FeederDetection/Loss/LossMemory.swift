/// Computes the memory of the loss, in addition to the activations.
package struct LossMemory: Sendable {
  /// Anchors per image.
  package let anchorCount: Int
  /// Number of classes.
  package let classCount: Int
  /// Bins per box side's distribution.
  package let binCount: Int

  /// The memory of a loss with these counts.
  package init(anchorCount: Int, classCount: Int, binCount: Int) {
    (self.anchorCount, self.classCount, self.binCount) = (anchorCount, classCount, binCount)
  }

  /// The most bytes of the loss for `images` images, of which one has at most `boxes` boxes.
  ///
  /// Kept throughout: joined logits, the sides' distributions, boxes and class targets. In addition the larger of two
  /// needs: in the assigner, seven tables of numbers and three of flags, each boxes x anchors; at the start of
  /// backward, three copies of the box logits. Counted in a trace of all allocations.
  package func byteCount(images: Int, boxes: Int) -> Int {
    let sides = 4 * binCount
    let kept = sides + classCount + sides + 4 * 4 + 3 * classCount
    return images * anchorCount * (4 * kept + max((7 * 4 + 3) * boxes + 3 * 4 * classCount, 3 * 4 * sides))
  }
}
