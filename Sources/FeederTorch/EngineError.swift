import CTorch

/// An error of libtorch or of the work with other processes, with torch's message.
package struct EngineError: Error, CustomStringConvertible {
  /// The kinds of errors that callers handle, as in CTorch's status; all others are `other`.
  package enum Kind: Sendable {
    /// An error that no caller handles.
    case other
    /// The host or the device has no memory left. The caller undoes or drops what the action began.
    case outOfMemory
    /// Another process of the group is gone or silent. The group is unusable.
    case lostPeer
    /// The work between GPUs lost another process. The group may still be usable.
    case lostLink
    /// The work failed in another process, whose own line gives the reason.
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
  /// The first line of torch's message.
  package let message: String
  /// The kind of error.
  package let kind: Kind

  /// True if the host or the device has no memory left.
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

  /// An error found in Swift, not by torch.
  init(_ action: String, _ kind: Kind = .other, message: String) {
    self.action = action
    self.kind = kind
    self.message = message
  }

  /// The failed action and the reason, in one line.
  package var description: String {
    "\(action): \(message)" + (isOutOfMemory ? "; fewer or smaller images, or a smaller model, take less" : "")
  }
}

/// Throws `EngineError` if `status`, a result of CTorch, is not 0.
func check(_ status: Int32, _ action: @autoclosure () -> String) throws {
  if status != 0 { throw EngineError(action(), status: status) }
}
