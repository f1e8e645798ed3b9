import FeederCache
import FeederCore
import FeederImaging
import FeederLoader
import FeederProfiling

/// The floors: the bare work on the same threads and records, in the same order.
extension LoadingBench {
  /// The decoder alone, `BareDecoder`: each thread decodes into its own buffer. `scale` maps an image's size to its decoded
  /// size.
  package func decodeFloor(_ scale: @escaping @Sendable (PixelSize) -> PixelSize) -> BareLoop {
    let (records, channels) = (records, cache.channels)
    let sizes = order.map { entry in  // Sizes as stored, because libjpeg does not apply the orientation.
      cache.nativeSize(entry).map { cache.orientation(entry).turned(scale($0)) } ?? PixelSize(side: 1)
    }
    let largest = (sizes.map { $0.width * $0.height }.max() ?? 1) * channels
    return BareLoop(threads: threads, batch: batch) {
      {
        let decoder = try BareDecoder()
        let buffer = try SlotBlock(count: 1, byteCount: largest)
        return { position in
          let place = position % records.count
          decoder.decode(records[place], size: sizes[place], channels: channels, into: buffer[0])
        }
      }
    }
  }

  /// memcpy alone: copies each image's bytes from mapped records to its place in slots like the stream's.
  ///
  /// A place has `placeBytes`. Without `fills` an image copies its record's bytes. With `fills` it copies exactly
  /// `placeBytes`; if its record is shorter, the following records supply the rest.
  package func copyFloor(placeBytes: Int, fills: Bool, prefetchDepth: Int) -> BareLoop {
    let (records, batch) = (records, batch)
    return BareLoop(threads: threads, batch: batch) {
      let slots = try SlotBlock(count: prefetchDepth + 1, byteCount: batch * placeBytes)
      return {
        { position in
          let start = position % batch * placeBytes
          let place = UnsafeMutableRawBufferPointer(
            rebasing: slots[position / batch % slots.count][start..<start + placeBytes])
          var number = position
          var done = 0
          repeat {
            let record = records[number % records.count]
            let count = min(record.count, placeBytes - done)
            UnsafeMutableRawBufferPointer(rebasing: place[done...]).copyMemory(
              from: UnsafeRawBufferPointer(rebasing: record[..<count]))
            done += count
            number += 1
          } while fills && done < placeBytes
        }
      }
    }
  }
}
