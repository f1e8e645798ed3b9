import FeederCore
import FeederMetrics

/// The detections on one image, in a form that ranks can send.
struct Finding: Equatable {
  /// Index of the image in its split.
  let entryIndex: Int
  /// Size of the original image in pixels.
  let size: PixelSize
  let detections: [Detection]

  /// Numbers per image before its detections, and numbers per detection.
  private static let (headCount, detectionCount) = (4, 6)

  /// All findings as bytes: per image its index, width, height and number of detections, then the detections. All are
  /// Double, which holds each value exactly.
  static func bytes(_ findings: [Finding]) -> [UInt8] {
    var numbers: [Double] = []
    for finding in findings {
      numbers += [
        finding.entryIndex, finding.size.width, finding.size.height, finding.detections.count,
      ].map(Double.init)
      for found in finding.detections {
        numbers += [found.box.x1, found.box.y1, found.box.x2, found.box.y2, Double(found.classID), found.score]
      }
    }
    return numbers.withUnsafeBytes { Array($0) }
  }

  /// The findings in such bytes; nil if the bytes are incomplete or impossible.
  static func all(in bytes: [UInt8]) -> [Finding]? {
    guard bytes.count % MemoryLayout<Double>.size == 0 else { return nil }
    let numbers = bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
    }
    var findings: [Finding] = []
    var rest = numbers[...]
    while !rest.isEmpty {
      let head = rest.prefix(headCount).compactMap { Int(exactly: $0) }
      rest = rest.dropFirst(headCount)
      guard head.count == headCount, head[0] >= 0, head[1] > 0, head[2] > 0, head[3] >= 0,
        head[3] <= rest.count / detectionCount
      else { return nil }
      var detections: [Detection] = []
      for _ in 0..<head[3] {
        let n = Array(rest.prefix(detectionCount))
        rest = rest.dropFirst(detectionCount)
        guard let classID = Int(exactly: n[4]) else { return nil }
        detections.append(
          Detection(box: Box(x1: n[0], y1: n[1], x2: n[2], y2: n[3]), classID: classID, score: n[5]))
      }
      findings.append(
        Finding(entryIndex: head[0], size: PixelSize(width: head[1], height: head[2]), detections: detections))
    }
    return findings
  }
}

extension Ranks {
  /// The findings of all ranks in the split's order, equal on every rank. Throws `TrainingError.rankLost`.
  func gathered(_ findings: [Finding]) throws -> [Finding] {
    let parts = try together { try $0.gather(Finding.bytes(findings)) }
    let all = try parts.enumerated().flatMap { rank, bytes in
      guard let findings = Finding.all(in: bytes) else {
        throw TrainingError.rankLost(rank: place.rank, reason: "the results of rank \(rank) arrived damaged")
      }
      return findings
    }
    return all.sorted { $0.entryIndex < $1.entryIndex }
  }
}
