import CTorch

/// A failure inside libtorch or of work with other processes, with torch's own message.
package struct EngineError: Error, CustomStringConvertible {
  /// The operator or action that failed.
  package let action: String
  /// Torch's message, first line.
  package let message: String
  /// True where the host or the device had no memory left. What the action had begun is undone or dropped by its caller.
  package let isOutOfMemory: Bool

  private static let outOfMemoryStatus: Int32 = 2

  init(_ action: String, status: Int32 = 1) {
    self.action = action
    isOutOfMemory = status == Self.outOfMemoryStatus
    message = String(cString: ct_error()).split(separator: "\n").first.map(String.init) ?? "no message"
  }

  /// A failure that was found on this side of the shim.
  init(_ action: String, message: String) {
    self.action = action
    self.message = message
    isOutOfMemory = false
  }

  /// One line: what failed and why.
  package var description: String {
    "\(action): \(message)" + (isOutOfMemory ? "; fewer or smaller images, or a smaller model, take less" : "")
  }
}

/// Turns a status of the shim into a Swift error.
func check(_ status: Int32, _ action: @autoclosure () -> String) throws {
  if status != 0 { throw EngineError(action(), status: status) }
}
