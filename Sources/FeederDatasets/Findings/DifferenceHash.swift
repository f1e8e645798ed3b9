/// A picture in 64 bits, so that pictures that look alike have nearly the same bits: the difference hash. The picture is reduced to
/// 9 x 8 grey fields, and each bit says if a field is brighter than its left neighbour.
package struct DifferenceHash: Sendable, Hashable {
  /// The bits, row by row.
  package let bits: UInt64
  /// False if nearly all fields are as bright as their neighbours: an empty picture looks like every other one.
  let hasStructure: Bool

  private static let (columns, rows) = (9, 8)

  /// Pictures whose hashes differ in at most so many bits look alike to a person.
  static let nearBitCount = 4
  /// So many fields have an edge in a picture with structure, and so many levels are an edge.
  private static let (structureCount, edge) = (24, 4)

  /// The hash of these bits.
  package init(bits: UInt64) {
    self.bits = bits
    hasStructure = true
  }

  /// The hash of interleaved pixels: the first `width` x `height` x `channels` bytes, with 1 or 3 channels.
  package init(_ pixels: [UInt8], width: Int, height: Int, channels: Int) {
    precondition(pixels.count >= width * height * channels, "the pixels are there")
    var fields = [Int](repeating: 0, count: Self.columns * Self.rows)
    for row in 0..<Self.rows {
      let ys = Self.span(row, of: Self.rows, length: height)
      for column in 0..<Self.columns {
        let xs = Self.span(column, of: Self.columns, length: width)
        var sum = 0
        for y in ys {
          let line = pixels[(y * width + xs.lowerBound) * channels..<(y * width + xs.upperBound) * channels]
          for byte in line { sum &+= Int(byte) }
        }
        // Sixteenths of a level: sums of fields of one width differ by rounding alone.
        fields[row * Self.columns + column] = sum * 16 / (xs.count * ys.count * channels)
      }
    }
    var (bits, edgeCount): (UInt64, Int) = (0, 0)
    for row in 0..<Self.rows {
      for column in 1..<Self.columns {
        let place = row * Self.columns + column
        if abs(fields[place] - fields[place - 1]) >= Self.edge * 16 { edgeCount += 1 }
        bits = bits << 1 | (fields[place] > fields[place - 1] ? 1 : 0)
      }
    }
    self.bits = bits
    hasStructure = edgeCount >= Self.structureCount
  }

  /// The pixels of one field; at least one.
  private static func span(_ index: Int, of count: Int, length: Int) -> Range<Int> {
    let first = min(index * length / count, length - 1)
    return first..<max((index + 1) * length / count, first + 1)
  }

  /// In how many bits two hashes differ.
  func distance(to other: DifferenceHash) -> Int { (bits ^ other.bits).nonzeroBitCount }
}

/// Pictures of two splits that look alike.
package struct NearImages: Sendable, Equatable {
  /// The split whose images were compared.
  package let split: Split
  /// The split that they were compared with; an earlier one in the order of `Split`.
  package let other: Split
  /// How many images of `split` look like an image of `other`.
  package let count: Int
  /// How many images `split` has.
  package let imageCount: Int
  /// The first of them, each with its nearest twin, as `split/id`.
  package let first: [[String]]

  /// Looks for images of each split that look like images of an earlier one. `hashes` has the images of each split.
  package static func across(_ hashes: [Split: [(name: String, hash: DifferenceHash)]]) -> [NearImages] {
    let splits = Split.allCases.filter { hashes[$0] != nil }
    return splits.indices.flatMap { place in
      let split = splits[place]
      return splits[..<place].compactMap { between(hashes[split] ?? [], split, hashes[$0] ?? [], $0) }
    }
  }

  private static func between(
    _ images: [(name: String, hash: DifferenceHash)], _ split: Split,
    _ others: [(name: String, hash: DifferenceHash)], _ other: Split
  ) -> NearImages? {
    // Hashes that differ in at most n bits share one of n + 1 pieces.
    let pieceCount = DifferenceHash.nearBitCount + 1
    let pieceBits = 64 / pieceCount
    func pieces(_ hash: DifferenceHash) -> [UInt64] {
      (0..<pieceCount).map { piece in
        let rest = hash.bits >> UInt64(piece * pieceBits)
        return (piece + 1 == pieceCount ? rest : rest & ((1 << UInt64(pieceBits)) - 1)) << 3 | UInt64(piece)
      }
    }
    var known: [DifferenceHash: String] = [:]
    for image in others where image.hash.hasStructure && known[image.hash] == nil { known[image.hash] = image.name }
    var byPiece: [UInt64: [DifferenceHash]] = [:]
    for hash in known.keys { for piece in pieces(hash) { byPiece[piece, default: []].append(hash) } }
    var (count, first): (Int, [[String]]) = (0, [])
    for image in images where image.hash.hasStructure {
      var nearest: (distance: Int, name: String)?
      for piece in pieces(image.hash) {
        for hash in byPiece[piece] ?? [] {
          let distance = image.hash.distance(to: hash)
          guard distance <= min(nearest?.distance ?? 64, DifferenceHash.nearBitCount) else { continue }
          let found = (distance: distance, name: known[hash] ?? "")
          if nearest.map({ ($0.distance, $0.name) > found }) ?? true { nearest = found }
        }
      }
      guard let nearest else { continue }
      count += 1
      if first.count < Sightings.kept { first.append([image.name, nearest.name]) }
    }
    return count == 0
      ? nil : NearImages(split: split, other: other, count: count, imageCount: images.count, first: first)
  }
}
