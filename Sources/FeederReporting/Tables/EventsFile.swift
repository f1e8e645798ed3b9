import FeederCore
import FeederFiles
import Foundation

/// A TensorBoard event file: scalars and pictures per step. Each record is written with one write.
///
/// A resumed run starts another file in the folder. TensorBoard reads all of them in the order of their names.
package final class EventsFile {
  /// The path of the file: `events.out.tfevents.SECONDS.feeder`.
  package let url: URL
  private let descriptor: Int32
  private var byteCount = 0

  /// Starts a new file in `folder` whose name sorts after all others. Readers drop what the other files hold from
  /// `step` on.
  ///
  /// Throws `ReportingError.unwritable`.
  package convenience init(in folder: URL, from step: Int) throws {
    let url = try Self.nextURL(in: folder)
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    try self.init(url, owning: descriptor, from: step)
  }

  /// Writes to `descriptor` and closes it at the end. A negative descriptor is a file that could not be opened. Throws
  /// `ReportingError.unwritable`.
  init(_ url: URL, owning descriptor: Int32, from step: Int) throws {
    (self.url, self.descriptor) = (url, descriptor)
    guard descriptor >= 0 else { throw failure() }
    let now = Date().timeIntervalSince1970
    try add(EventRecord.version(time: now))
    try add(EventRecord.start(time: now, step: step))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends numbers at `step`. Throws `ReportingError.unwritable`.
  package func append(_ scalars: [(tag: String, value: Double)], step: Int) throws {
    try add(
      EventRecord.summary(
        time: Date().timeIntervalSince1970, step: step, scalars.map { ($0.tag, .scalar(Float($0.value))) }))
  }

  /// Appends a picture of `width` x `height` pixels at `step`. Throws `ReportingError.unwritable`.
  package func append(jpeg: [UInt8], width: Int, height: Int, tag: String, step: Int) throws {
    try add(
      EventRecord.summary(
        time: Date().timeIntervalSince1970, step: step, [(tag, .image(jpeg: jpeg, width: width, height: height))]))
  }

  /// Appends a record. If it does not fit on the disk, it is removed again, so that the file ends with a whole one.
  private func add(_ record: Data) throws {
    guard FileWriter.pour(record, into: descriptor) else {
      let failure = failure()
      ftruncate(descriptor, off_t(byteCount))
      throw failure
    }
    byteCount += record.count
  }

  private func failure() -> ReportingError {
    .unwritable(file: url.path, reason: FreeSpace.reason(url.path))
  }

  /// True for a file name that `init(in:from:)` makes.
  package static func isName(_ name: String) -> Bool { second(name) != nil && name.hasSuffix(".feeder") }

  /// Recognises TensorBoard's event files: a record's length, its checksum, then the version record.
  package static let signature = FileSignature { glance in
    glance.byteCount < 12 || Data(glance.head).firstRange(of: Data("brain.Event:2".utf8)) != nil
  }

  private static let start = "events.out.tfevents."
  /// The largest number of ten digits. Names with equally many digits sort like their numbers.
  private static let lastSecond = 9_999_999_999

  /// The name for the current second, or for the second after the newest file if the clock was set back. Throws
  /// `ReportingError.unwritable`.
  private static func nextURL(in folder: URL) throws -> URL {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let newest = names.compactMap(second).max() ?? 0
    guard newest < lastSecond else {
      throw ReportingError.unwritable(
        file: folder.appending(path: start + String(newest)).path,
        reason: "a file of the last name that TensorBoard can sort is there; move it away")
    }
    let seconds = String(max(Int(Date().timeIntervalSince1970), newest + 1))
    return folder.appending(
      path: start + String(repeating: "0", count: max(10 - seconds.count, 0)) + seconds + ".feeder")
  }

  /// The second in a file's name; nil if it is not an event file's name with ten digits.
  private static func second(_ name: String) -> Int? {
    guard name.hasPrefix(start) else { return nil }
    let digits = name.dropFirst(start.count).prefix { $0 != "." }
    return digits.count == 10 ? Int(digits) : nil
  }
}
