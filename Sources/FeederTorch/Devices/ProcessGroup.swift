import CTorch

/// The address and the limits with which the processes of a group find each other.
package struct Meeting: Sendable, Equatable {
  /// Host of the store through which the processes meet.
  package var host: String
  /// Port of that store.
  package var port: Int
  /// True if this process serves the store. Exactly one process does, unless another program serves it.
  package var serves: Bool
  /// Distinguishes this meeting from others at the same address, for example after a restart.
  package var name: String
  /// The address at which the others reach this process; nil uses the address of the machine's name.
  package var ownHost: String?
  /// The network interface at which the others reach this process, instead of an address.
  package var ownInterface: String?
  /// Time to wait for the others to join.
  package var joinPatience: Duration = .seconds(3600)
  /// Time to wait for each piece of work.
  package var workPatience: Duration = .seconds(600)

  /// A meeting at the store `host`:`port`.
  package init(host: String, port: Int, serves: Bool, name: String) {
    self.host = host
    self.port = port
    self.serves = serves
    self.name = name
  }
}

/// Processes that compute together, over torch's c10d and gloo. All must request work in the same order.
///
/// If a process dies, the work of all others fails within moments; if it is silent, after `workPatience`. The group is
/// unusable after that. Tensors on a device pass through host memory.
package final class ProcessGroup {
  /// The rank of this process, counted from 0.
  package let rank: Int
  /// Number of processes.
  package let count: Int
  /// Time to wait for each piece of work.
  package let patience: Duration
  let handle: OpaquePointer

  /// Joins at `meeting` as number `rank` and waits for the others. Throws `EngineError` if they do not join in time.
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

  /// Starts to replace `tensor`, contiguous in host memory, by its sum over all processes. Throws `EngineError` if the
  /// group fails.
  package func startSum(_ tensor: Tensor) throws -> GroupWork {
    var work: OpaquePointer?
    try check(ct_group_reduce(handle, tensor.handle, false, &work), "a sum over all ranks")
    return GroupWork(work, "a sum over all ranks")
  }

  /// Replaces `tensor` by its sum over all processes. Throws `EngineError` if the group fails.
  package func sum(_ tensor: Tensor) throws { try throughHost(tensor) { try startSum($0).finish() } }

  /// Replaces `tensor` by the element-wise maximum over all processes. Throws `EngineError` if the group fails.
  package func largest(_ tensor: Tensor) throws {
    try throughHost(tensor) { host in
      var work: OpaquePointer?
      try check(ct_group_reduce(handle, host.handle, true, &work), "a maximum over all ranks")
      try GroupWork(work, "a maximum over all ranks").finish()
    }
  }

  /// Replaces `tensor` by the tensor of process `root`. Throws `EngineError` if the group fails.
  package func broadcast(_ tensor: Tensor, from root: Int) throws {
    try throughHost(tensor) { host in
      var work: OpaquePointer?
      try check(ct_group_broadcast(handle, host.handle, Int32(root), &work), "a broadcast from rank \(root)")
      try GroupWork(work, "a broadcast from rank \(root)").finish()
    }
  }

  /// The tensors of all processes, which have one shape, as [count, ...] in host memory. Throws `EngineError` if the
  /// group fails.
  package func gather(_ tensor: Tensor) throws -> Tensor {
    let host = try tensor.to(.cpu).contiguous()
    let all = try Tensor.zeros([count] + host.shape, type: host.type)
    var work: OpaquePointer?
    try check(ct_group_gather(handle, host.handle, all.handle, &work), "gathering from all ranks")
    try GroupWork(work, "gathering from all ranks").finish()
    return all
  }

  /// The bytes of all processes, by rank; their lengths may differ. Throws `EngineError` if the group fails.
  package func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let counts = try gather(Tensor([Int64(bytes.count)], shape: [1])).array(of: Int64.self).map { Int($0) }
    let most = counts.max() ?? 0
    guard most > 0 else { return counts.map { _ in [] } }
    let padded = bytes + [UInt8](repeating: 0, count: most - bytes.count)
    let all = try gather(Tensor(padded, shape: [most])).array(of: UInt8.self)
    return counts.enumerated().map { rank, count in Array(all[rank * most..<rank * most + count]) }
  }

  /// The differentiable sum over all processes: backward sums the gradients too. All processes must take part in both.
  /// Throws `EngineError` if the group fails.
  package func summed(_ tensor: Tensor) throws -> Tensor {
    var sum: OpaquePointer?
    try check(ct_group_sum(handle, tensor.handle, &sum), "a sum over all ranks")
    guard let sum else { preconditionFailure("the shim returned success without a tensor") }
    return Tensor(owning: sum)
  }

  private func throughHost(_ tensor: Tensor, _ body: (Tensor) throws -> Void) throws {
    let host = try tensor.to(.cpu).contiguous()
    try body(host)
    // If the tensor was contiguous in host memory, `host` is the same tensor, and this copy costs nothing.
    try withoutGradients { try tensor.copy(from: host) }
  }
}

/// Requested work of a group.
package final class GroupWork {
  private var handle: OpaquePointer?
  private let action: String

  init(_ handle: OpaquePointer?, _ action: String) {
    self.handle = handle
    self.action = action
  }

  /// Waits until the work is done. Call it once. Throws `EngineError` if the work failed.
  package func finish() throws {
    guard let handle else { preconditionFailure("work is finished once") }
    self.handle = nil
    try check(ct_work_finish(handle), action)
  }

  // If work is dropped, its caller has failed already, so its own error is not the cause.
  deinit { if let handle { _ = ct_work_finish(handle) } }
}

/// Calls back, in the thread that runs backward, when the gradient of a leaf is complete. Ends with this object.
package final class GradientWatch {
  private let leaves: [Tensor]
  private let call: Call

  private final class Call {
    let ready: (Int) -> Void
    init(_ ready: @escaping (Int) -> Void) { self.ready = ready }
  }

  /// Watches `leaves`. `ready` gets the index of a leaf whose gradient is complete. Throws `EngineError` if torch
  /// refuses.
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
