/// How far ahead the source is told what comes later, so that storage reads it before anyone waits for it.
///
/// The order of an epoch is known, and with it every member of every mosaic. A hint costs a system call for each image, so
/// hints are given only while `RecentMisses` expects more.
enum ReadAhead {
  /// Images between the one being filled and the one hinted at: at 100 MiB/s and 1.6 MiB a grey mosaic, a second's reading.
  static let distance = 64
}
