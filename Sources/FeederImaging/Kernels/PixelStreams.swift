import CPixels

/// Copies whole images into memory that nobody reads soon, such as a batch slot, past the caches: the slot's lines need not be
/// fetched before they are written, and the worker's own data stay. `target` is at least as long; the two do not overlap.
package func streamCopy(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
  precondition(target.count >= source.count, "the target holds the pixels")
  guard let from = source.assumingMemoryBound(to: UInt8.self).baseAddress,
    let to = target.assumingMemoryBound(to: UInt8.self).baseAddress
  else { return }
  feeder_stream_copy(from, source.count, to)
}

/// Writes each grey value three times, H x W to H x W x 3, as `streamCopy` writes. `target` has three times the bytes.
package func streamGrey(_ grey: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
  precondition(target.count >= 3 * grey.count, "the target holds the pixels")
  guard let from = grey.assumingMemoryBound(to: UInt8.self).baseAddress,
    let to = target.assumingMemoryBound(to: UInt8.self).baseAddress
  else { return }
  feeder_stream_grey(from, grey.count, to)
}

/// Writes each grey value three times. The grey image fills the last third of `image`, H x W x 3.
package func spreadGrey(fillingLastThirdOf image: UnsafeMutableRawBufferPointer) {
  precondition(image.count % 3 == 0, "three equal parts")
  let count = image.count / 3
  guard let base = image.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
  feeder_spread_grey(base + 2 * count, count, base)
}
