import FeederImaging

/// The packed pixels of a PNG: one stream of deflate, cut into chunks whose checksums are looked at before their bytes are used.
final class PNGStream {
  private let inflate = Inflate(.png)
  private var chunks: PNGChunks?
  private var next: PNGChunks.Chunk?
  /// Small chunks are copied together: ISA-L has some work for each part of its input.
  private var gathered = GrowingBuffer()
  private static let partByteCount = 64 << 10

  /// Begins at the first chunk of pixels.
  func start(_ header: PNGHeader) throws {
    chunks = header.chunks
    next = header.data
    var (first, second): (UInt8?, UInt8?)
    while let part = try nextPart() {
      var place = 0
      if first == nil {
        first = part[0]
        place = 1
      }
      if place < part.count {
        second = part[place]
        place += 1
      }
      if let first, let second {
        let rest = UnsafeRawBufferPointer(rebasing: part[place...])
        return try inflate.startUnchecked(header: (first, second), rest)
      }
    }
    throw ImagingError.truncated(.png, reason: "it has no packed pixels")
  }

  /// Fills `output`. Throws `ImagingError.truncated` if the pixels end before.
  func fill(_ output: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < output.count {
      let (count, state) = try inflate.read(into: UnsafeMutableRawBufferPointer(rebasing: output[done...]))
      done += count
      switch state {
      case .hasOutput: break
      case .needsInput:
        guard let part = try nextPart() else { throw inflate.short(of: output.count - done) }
        inflate.feed(part)
      case .ended, .endedWithWrongChecksum:
        guard done == output.count else { throw inflate.short(of: output.count - done) }
      }
    }
  }

  /// Looks at all that follows the last pixel. Throws `ImagingError` if a chunk of pixels is damaged.
  func finish() throws -> ImageRemarks {
    var remarks: ImageRemarks = []
    var isOpen = true
    while isOpen {
      switch try inflate.end() {
      case .hasOutput:
        remarks.insert(.bytesBehindEnd)
        isOpen = false
      case .ended, .endedWithWrongChecksum: isOpen = false
      case .needsInput:
        guard let part = try nextPart() else {
          remarks.insert(.noEnd)
          isOpen = false
          break
        }
        inflate.feed(part)
      }
    }
    return remarks.union(try walk())
  }

  /// Checks the chunks that are left, without unpacking them.
  private func walk() throws -> ImageRemarks {
    guard var chunks else { return [] }
    defer { self.chunks = nil }
    while let chunk = next {
      switch chunk.name {
      case .data, .palette: try chunks.check(chunk)
      case .end:
        try chunks.check(chunk)
        return chunks.isAtEnd ? [] : .bytesBehindEnd
      case .orientation:
        guard EXIF.orientation(tiff: chunks.bytes[chunk.payload]) ?? .upright == .upright else {
          throw ImagingError.unsupported(.png, reason: "its orientation stands behind the pixels")
        }
      default: break
      }
      do {
        next = try chunks.next()
      } catch {
        return .noEnd
      }
    }
    return .noEnd
  }

  /// The next bytes of the stream, checked; nil if there are no more.
  private func nextPart() throws -> UnsafeRawBufferPointer? {
    guard var chunks else { return nil }
    defer { self.chunks = chunks }
    var count = 0
    while let chunk = next, chunk.name == .data {
      let isLarge = chunk.payload.count >= Self.partByteCount / 2
      guard count == 0 || (!isLarge && count + chunk.payload.count <= Self.partByteCount) else { break }
      try chunks.check(chunk)
      let part = chunks.bytes.memory(chunk.payload)
      next = try? chunks.next()
      guard !isLarge else { return part }
      UnsafeMutableRawBufferPointer(rebasing: gathered.bytes(Self.partByteCount)[count...]).copyMemory(from: part)
      count += part.count
    }
    return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: gathered.bytes(Self.partByteCount)[..<count])
  }
}
