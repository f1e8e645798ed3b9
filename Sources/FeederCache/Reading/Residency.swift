import Foundation
import Synchronization

/// Tells which records of a mapped file are in memory, and brings others there. Safe from any thread.
///
/// Looking costs a call of mincore(2), 0.5 microseconds for a JPEG and 3 for 100 pages (docs/measurements/storage.md), so it is done
/// for every record only while something was missing lately, else for one in eight. The kernel tells the truth about files
/// that the process may write to; of others it says that all of it is in memory.
final class Residency: Sendable {
  private static let sparseness = 8
  private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
  /// MADV_POPULATE_READ of Linux 5.14.
  private static let populateRead: Int32 = 22

  private let readAhead = ReadAhead()
  private let uses = Atomic(0)

  /// True while records were missing lately.
  var isWatchful: Bool { readAhead.isWorthwhile }

  /// Bytes of a record that are not in memory; 0 where nobody looked. A miss makes the next looks certain.
  func missedByteCount(_ record: UnsafeRawBufferPointer) -> Int {
    if !isWatchful, uses.add(1, ordering: .relaxed).newValue % Self.sparseness != 0 { return 0 }
    let missed = Self.absentByteCount(record)
    readAhead.note(missed: missed > 0)
    return missed
  }

  /// Starts to read what is missing of a record, without waiting; does nothing while everything was in memory lately.
  func willNeed(_ record: UnsafeRawBufferPointer) {
    guard isWatchful, Self.absentByteCount(record) > 0 else { return }
    readAhead.note(missed: true)
    let (start, byteCount) = Self.pages(of: record)
    madvise(start, byteCount, MADV_WILLNEED)
  }

  /// Reads a record from the storage and waits for it. Throws `CacheError.system` where that fails, as for a file cut short.
  func pageIn(_ record: UnsafeRawBufferPointer, path: String) throws {
    let (start, byteCount) = Self.pages(of: record)
    // Populating alone faults through the file in the kernel's small steps: a quarter of the speed here.
    madvise(start, byteCount, MADV_WILLNEED)
    while madvise(start, byteCount, Self.populateRead) != 0 {
      switch errno {
      case EINTR, EAGAIN: continue
      case EINVAL: return  // an older kernel: whoever reads the record waits for its pages
      default: throw CacheError.system(operation: "read it", path: path, reason: systemReason())
      }
    }
  }

  /// Bytes of `record` that lie in pages that are not in memory.
  static func absentByteCount(_ record: UnsafeRawBufferPointer) -> Int {
    let (start, byteCount) = pages(of: record)
    let pageCount = byteCount / pageByteCount
    let step = 1024  // what a temporary buffer holds on the stack
    var absent = 0
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: step) { states in
      for first in stride(from: 0, to: pageCount, by: step) {
        let count = min(step, pageCount - first)
        guard mincore(start + first * pageByteCount, count * pageByteCount, states.baseAddress) == 0 else { return }
        for page in 0..<count where states[page] & 1 == 0 { absent += pageByteCount }
      }
    }
    return min(absent, record.count)
  }

  /// The whole pages that hold a record.
  private static func pages(of record: UnsafeRawBufferPointer) -> (start: UnsafeMutableRawPointer, byteCount: Int) {
    guard let base = record.baseAddress else { preconditionFailure("a record that is read has bytes") }
    let before = Int(bitPattern: base) % pageByteCount
    let byteCount = (before + record.count + pageByteCount - 1) / pageByteCount * pageByteCount
    return (UnsafeMutableRawPointer(mutating: base) - before, byteCount)
  }
}
