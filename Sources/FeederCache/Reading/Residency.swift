import Foundation
import Synchronization

/// Finds the records of a mapped file that are in memory, and reads others. Any thread may use it.
///
/// A look costs a call of mincore(2): 0.5 microseconds for a JPEG, 3 for 100 pages (docs/measurements/storage.md). So
/// every record is looked at only while misses are recent, else one in eight. The kernel's answer is true for files
/// that the process may write; for others it says that all is in memory.
final class Residency: Sendable {
  private static let sparseness = 8
  private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
  /// MADV_POPULATE_READ of Linux 5.14.
  private static let populateRead: Int32 = 22

  private let readAhead = ReadAhead()
  private let uses = Atomic(0)

  /// True while misses are recent.
  var isWatchful: Bool { readAhead.isWorthwhile }

  /// Bytes of the parts of a record that are not in memory; 0 if this record is not looked at. After a miss every record
  /// is looked at.
  func missedByteCount(_ parts: some Sequence<UnsafeRawBufferPointer>) -> Int {
    if !isWatchful, uses.add(1, ordering: .relaxed).newValue % Self.sparseness != 0 { return 0 }
    let missed = parts.reduce(0) { $0 + Self.absentByteCount($1) }
    readAhead.note(missed: missed > 0)
    return missed
  }

  /// Starts to read the missing bytes of the parts of a record, without waiting. Does nothing unless misses are recent.
  func willNeed(_ parts: some Sequence<UnsafeRawBufferPointer>) {
    guard isWatchful else { return }
    for part in parts where Self.absentByteCount(part) > 0 {
      readAhead.note(missed: true)
      let (start, byteCount) = Self.pages(of: part)
      madvise(start, byteCount, MADV_WILLNEED)
    }
  }

  /// Reads parts of a record from the storage and waits for them. Throws `CacheError.system` if that fails, as for a cut
  /// file.
  func pageIn(_ parts: some Sequence<UnsafeRawBufferPointer>, path: String) throws {
    // MADV_POPULATE_READ alone reads in the kernel's small steps, at a quarter of the speed measured here.
    for part in parts {
      let (start, byteCount) = Self.pages(of: part)
      madvise(start, byteCount, MADV_WILLNEED)
    }
    for part in parts { try wait(for: part, path: path) }
  }

  private func wait(for part: UnsafeRawBufferPointer, path: String) throws {
    let (start, byteCount) = Self.pages(of: part)
    while madvise(start, byteCount, Self.populateRead) != 0 {
      switch errno {
      case EINTR, EAGAIN: continue
      case EINVAL: return  // an older kernel: the reader of the record waits for its pages
      default: throw CacheError.system(operation: "read it", path: path, reason: systemReason())
      }
    }
  }

  /// Bytes of `record` in pages that are not in memory.
  static func absentByteCount(_ record: UnsafeRawBufferPointer) -> Int {
    let (start, byteCount) = pages(of: record)
    let pageCount = byteCount / pageByteCount
    let step = 1024  // the most that a temporary buffer keeps on the stack
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
