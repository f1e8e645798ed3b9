import Foundation

/// A TensorBoard event file: scalars and pictures by step, each record added by one write.
package final class EventsFile {
  private let url: URL
  private let descriptor: Int32

  /// Begins a new file in `folder`, beside those of earlier parts of the run: TensorBoard reads all of a folder. Throws
  /// `ReportingError.unwritable`.
  package init(in folder: URL) throws {
    let now = Date().timeIntervalSince1970
    var number = 0
    var (url, descriptor) = (folder, Int32(-1))
    repeat {
      url = folder.appending(path: "events.out.tfevents.\(Int(now)).feeder.\(number)")
      descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      number += 1
    } while descriptor < 0 && errno == EEXIST
    (self.url, self.descriptor) = (url, descriptor)
    guard descriptor >= 0 else { throw failure() }
    try add(EventRecord.version(time: now))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds numbers at `step`. Throws `ReportingError.unwritable`.
  package func append(_ scalars: [(tag: String, value: Double)], step: Int) throws {
    try add(
      EventRecord.summary(
        time: Date().timeIntervalSince1970, step: step, scalars.map { ($0.tag, .scalar(Float($0.value))) }))
  }

  /// Adds a picture at `step`. Throws `ReportingError.unwritable`.
  package func append(jpeg: [UInt8], width: Int, height: Int, tag: String, step: Int) throws {
    try add(
      EventRecord.summary(
        time: Date().timeIntervalSince1970, step: step, [(tag, .image(jpeg: jpeg, width: width, height: height))]))
  }

  private func add(_ record: Data) throws {
    let count = record.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count == record.count { return }
    if count >= 0 { errno = ENOSPC }
    throw failure()
  }

  private func failure() -> ReportingError {
    .unwritable(file: url.path, reason: String(cString: strerror(errno)))
  }
}
