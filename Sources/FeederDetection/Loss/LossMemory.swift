/// What the loss takes on top of the activations, by arithmetic.
package struct LossMemory: Sendable {
  /// Anchors of an image.
  package let anchorCount: Int
  /// Classes that the head tells apart.
  package let classCount: Int
  /// Bins of a box side's distribution.
  package let binCount: Int

  /// The memory of a loss over so many numbers.
  package init(anchorCount: Int, classCount: Int, binCount: Int) {
    (self.anchorCount, self.classCount, self.binCount) = (anchorCount, classCount, binCount)
  }

  /// Bytes that the loss of `images` images takes at its largest, with `boxes` on the image that has most.
  ///
  /// Kept through it: joined logits, the sides' distributions, boxes and class targets. On top either seven tables
  /// of numbers and three of flags, boxes by anchors, in the assigner, or three copies of the box logits where backward begins;
  /// counted in a trace of all allocations.
  package func byteCount(images: Int, boxes: Int) -> Int {
    let sides = 4 * binCount
    let kept = sides + classCount + sides + 4 * 4 + 3 * classCount
    return images * anchorCount * (4 * kept + max((7 * 4 + 3) * boxes + 3 * 4 * classCount, 3 * 4 * sides))
  }
}
