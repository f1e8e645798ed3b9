import CTorch

/// A failure inside libtorch or of work with other processes, with torch's own message.
package struct EngineError: Error, CustomStringConvertible {
  /// What a caller can do something about, as CTorch's status has it, and all else.
  package enum Kind: Sendable {
    case other
    /// The host or the device had no memory left. What the action had begun is undone or dropped by its caller.
    case outOfMemory
    /// Another process of the group is gone or silent: the group is of no use any more.
    case lostPeer
    /// The work between GPUs lost another process; the group may still be whole.
    case lostLink
    /// The work fails on another process, whose own line says why.
    case failsElsewhere

    init(status: Int) {
      self =
        switch status {
        case CT_OUT_OF_MEMORY: .outOfMemory
        case CT_LOST_PEER: .lostPeer
        case CT_LOST_LINK: .lostLink
        default: .other
        }
    }
  }

  /// The operator or action that failed.
  package let action: String
  /// Torch's message, first line.
  package let message: String
  package let kind: Kind

  /// True if the host or the device had no memory left.
  package var isOutOfMemory: Bool { kind == .outOfMemory }

  /// True if another process is gone or silent, or failed.
  package var isOfOthers: Bool {
    switch kind {
    case .lostPeer, .lostLink, .failsElsewhere: true
    case .other, .outOfMemory: false
    }
  }

  init(_ action: String, status: Int32 = 1) {
    self.action = action
    kind = Kind(status: Int(status))
    message = String(cString: ct_error()).split(separator: "\n").first.map(String.init) ?? "no message"
  }

  /// A failure that was found on this side of the shim.
  init(_ action: String, _ kind: Kind = .other, message: String) {
    self.action = action
    self.kind = kind
    self.message = message
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
