import CTorch

/// Where the processes of a group find each other.
package struct Meeting: Sendable, Equatable {
  /// Host and port of the store through which they meet.
  package var host: String
  package var port: Int
  /// True where this process serves that store; one does, unless something else serves it.
  package var serves: Bool
  /// Tells this meeting from others at the same place, as after a restart.
  package var name: String
  /// The address, or the network interface, that the others reach this process at; nil for what the machine's name leads to.
  package var ownHost: String?
  package var ownInterface: String?
  /// How long to wait for the others to come, and later for each piece of work.
  package var joinPatience: Duration = .seconds(3600)
  package var workPatience: Duration = .seconds(600)

  /// A meeting at a place.
  package init(host: String, port: Int, serves: Bool, name: String) {
    self.host = host
    self.port = port
    self.serves = serves
    self.name = name
  }
}

/// Processes that compute together, over torch's c10d and gloo. Work is asked for in the same order in all of them.
///
/// A process that dies makes the work of all others fail within moments, one that is silent after `workPatience`; the group is of
/// no use after that. Tensors of a device travel through the host's memory.
package final class ProcessGroup {
  /// Number of this process, from 0.
  package let rank: Int
  /// Processes in all.
  package let count: Int
  /// How long it waits for any one piece of work.
  package let patience: Duration
  let handle: OpaquePointer

  /// Joins at `meeting` and waits for the others. Throws `EngineError` where they do not come.
  package init(_ meeting: Meeting, rank: Int, count: Int) throws {
    precondition(count > 0 && (0..<count).contains(rank), "a rank is from 0 to one below the count")
    self.rank = rank
    self.count = count
    patience = meeting.workPatience
    func milliseconds(_ time: Duration) -> Int64 { Int64(time / .milliseconds(1)) }
    var handle: OpaquePointer?
    try check(
      ct_group_join(
        meeting.host, Int32(clamping: meeting.port), meeting.serves, meeting.name, meeting.ownHost,
        meeting.ownInterface, Int32(rank),
        Int32(count), milliseconds(meeting.joinPatience), milliseconds(meeting.workPatience), &handle),
      "joining \(count) ranks at \(meeting.host):\(meeting.port)")
    guard let handle else { preconditionFailure("the shim returned success without a group") }
    self.handle = handle
  }

  deinit { ct_group_leave(handle) }

  /// Starts to replace `tensor`, which lies in host memory without gaps, by the sum over all processes.
  package func startSum(_ tensor: Tensor) throws -> GroupWork {
    var work: OpaquePointer?
    try check(ct_group_reduce(handle, tensor.handle, false, &work), "a sum over all ranks")
    return GroupWork(work, "a sum over all ranks")
  }

  /// Replaces `tensor` by the sum over all processes.
  package func sum(_ tensor: Tensor) throws { try throughHost(tensor) { try startSum($0).finish() } }

  /// Replaces `tensor` by the largest of all processes, element by element.
  package func largest(_ tensor: Tensor) throws {
    try throughHost(tensor) { host in
      var work: OpaquePointer?
      try check(ct_group_reduce(handle, host.handle, true, &work), "a maximum over all ranks")
      try GroupWork(work, "a maximum over all ranks").finish()
    }
  }

  /// Replaces `tensor` by that of process `root`.
  package func broadcast(_ tensor: Tensor, from root: Int) throws {
    try throughHost(tensor) { host in
      var work: OpaquePointer?
      try check(ct_group_broadcast(handle, host.handle, Int32(root), &work), "a broadcast from rank \(root)")
      try GroupWork(work, "a broadcast from rank \(root)").finish()
    }
  }

  /// The tensors of all processes, of one shape, as [count, ...] in host memory.
  package func gather(_ tensor: Tensor) throws -> Tensor {
    let host = try tensor.to(.cpu).contiguous()
    let all = try Tensor.zeros([count] + host.shape, type: host.type)
    var work: OpaquePointer?
    try check(ct_group_gather(handle, host.handle, all.handle, &work), "gathering from all ranks")
    try GroupWork(work, "gathering from all ranks").finish()
    return all
  }

  /// The bytes of all processes, of any lengths, by rank.
  package func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let counts = try gather(Tensor([Int64(bytes.count)], shape: [1])).array(of: Int64.self).map { Int($0) }
    let most = counts.max() ?? 0
    guard most > 0 else { return counts.map { _ in [] } }
    let padded = bytes + [UInt8](repeating: 0, count: most - bytes.count)
    let all = try gather(Tensor(padded, shape: [most])).array(of: UInt8.self)
    return counts.enumerated().map { rank, count in Array(all[rank * most..<rank * most + count]) }
  }

  /// The sum over all processes with a way back: gradients are summed too. Forward and backward, all processes take part.
  package func summed(_ tensor: Tensor) throws -> Tensor {
    var sum: OpaquePointer?
    try check(ct_group_sum(handle, tensor.handle, &sum), "a sum over all ranks")
    guard let sum else { preconditionFailure("the shim returned success without a tensor") }
    return Tensor(owning: sum)
  }

  private func throughHost(_ tensor: Tensor, _ body: (Tensor) throws -> Void) throws {
    let host = try tensor.to(.cpu).contiguous()
    try body(host)
    // `host` is the tensor itself where it lay in host memory without gaps, and a copy onto itself costs nothing then.
    try withoutGradients { try tensor.copy(from: host) }
  }
}

/// Work that a group has under way.
package final class GroupWork {
  private var handle: OpaquePointer?
  private let action: String

  init(_ handle: OpaquePointer?, _ action: String) {
    self.handle = handle
    self.action = action
  }

  /// Waits until it is done. Once.
  package func finish() throws {
    guard let handle else { preconditionFailure("work is finished once") }
    self.handle = nil
    try check(ct_work_finish(handle), action)
  }

  // Who drops work has failed already; what the work itself says then is not the cause.
  deinit { if let handle { _ = ct_work_finish(handle) } }
}

/// Calls back, in the thread that goes backward, whenever the gradient of a leaf is whole. For as long as it lives.
package final class GradientWatch {
  private let leaves: [Tensor]
  private let call: Call

  private final class Call {
    let ready: (Int) -> Void
    init(_ ready: @escaping (Int) -> Void) { self.ready = ready }
  }

  /// Watches `leaves`; `ready` hears the place of each in the list.
  package init(_ leaves: [Tensor], ready: @escaping (Int) -> Void) throws {
    self.leaves = leaves
    call = Call(ready)
    let context = Unmanaged.passUnretained(call).toOpaque()
    for (index, leaf) in leaves.enumerated() {
      try check(
        ct_on_gradient(
          leaf.handle,
          { context, index in
            guard let context else { return }
            Unmanaged<Call>.fromOpaque(context).takeUnretainedValue().ready(Int(index))
          }, context, Int32(index)), "watching a gradient")
    }
  }

  deinit { for leaf in leaves { _ = ct_on_gradient(leaf.handle, nil, nil, 0) } }
}
