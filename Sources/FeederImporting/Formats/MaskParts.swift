import FeederCore

/// The connected parts of a mask: pixels of one value above the ground that touch by a side or a corner.
struct MaskParts {
  /// A part: its box in pixels and how many pixels it has.
  struct Part: Equatable {
    let box: Box
    let area: Int
  }

  /// The parts from top to bottom, from left to right.
  let parts: [Part]

  /// A mask with more stretches of pixels than that is noise.
  private static let mostStretches = 1_000_000

  /// A stretch of pixels in a row, and what the part that it belongs to has so far.
  private struct Stretch {
    let columns: Range<Int>
    var parent: Int
    var box: (left: Int, top: Int, right: Int, bottom: Int)
    var area: Int
  }

  /// Finds the parts of `pixels`, `size` bytes row by row, that are above `ground`; nil if it is noise.
  init?(_ pixels: [UInt8], size: PixelSize, ground: UInt8) {
    precondition(pixels.count >= size.width * size.height, "the pixels are there")
    var stretches: [Stretch] = []
    var above = 0..<0
    for y in 0..<size.height {
      let row = pixels[y * size.width..<(y + 1) * size.width]
      let first = stretches.count
      var place = row.startIndex
      var candidate = above.lowerBound
      while let start = row[place...].firstIndex(where: { $0 > ground }) {
        let end = row[start...].firstIndex { $0 <= ground } ?? row.endIndex
        place = end
        let columns = start - row.startIndex..<end - row.startIndex
        guard stretches.count < Self.mostStretches else { return nil }
        let own = stretches.count
        stretches.append(
          Stretch(
            columns: columns, parent: own, box: (columns.lowerBound, y, columns.upperBound, y + 1), area: columns.count)
        )
        // A corner is enough.
        while candidate < above.upperBound, stretches[candidate].columns.upperBound < columns.lowerBound {
          candidate += 1
        }
        var other = candidate
        while other < above.upperBound, stretches[other].columns.lowerBound <= columns.upperBound {
          Self.join(other, own, &stretches)
          other += 1
        }
      }
      above = first..<stretches.count
    }
    parts = stretches.indices.filter { stretches[$0].parent == $0 }.map { place in
      let (box, area) = (stretches[place].box, stretches[place].area)
      return Part(
        box: Box(x1: Double(box.left), y1: Double(box.top), x2: Double(box.right), y2: Double(box.bottom)), area: area)
    }
  }

  /// The first stretch of the part of a stretch.
  private static func root(_ place: Int, _ stretches: inout [Stretch]) -> Int {
    var place = place
    while stretches[place].parent != place {
      stretches[place].parent = stretches[stretches[place].parent].parent
      place = stretches[place].parent
    }
    return place
  }

  private static func join(_ one: Int, _ other: Int, _ stretches: inout [Stretch]) {
    let (one, other) = (root(one, &stretches), root(other, &stretches))
    guard one != other else { return }
    let (first, second) = (min(one, other), max(one, other))
    let box = stretches[second].box
    stretches[second].parent = first
    stretches[first].area += stretches[second].area
    stretches[first].box = (
      min(stretches[first].box.left, box.left), min(stretches[first].box.top, box.top),
      max(stretches[first].box.right, box.right), max(stretches[first].box.bottom, box.bottom)
    )
  }
}
