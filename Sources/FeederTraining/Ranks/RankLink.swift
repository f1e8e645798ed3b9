import FeederTorch
import Foundation

/// Chooses how gradients travel: between the ranks' GPUs by NCCL, or through host memory by gloo.
extension Ranks {
  /// Links the ranks' GPUs if each rank has its own GPU and NCCL is available. Joint work of all ranks, once, before a
  /// step is made and before the device's memory is measured, because NCCL takes some. Returns a line for people that
  /// says how gradients travel; nil for ranks on the CPU, which never use NCCL. Throws `TrainingError.rankLost`.
  package func linkDevices(_ device: Device) throws -> String? {
    let seats = try together { try $0.gather(Array(Self.seat(of: device).utf8)) }
    if seats.allSatisfy(\.isEmpty) { return nil }
    var reason = Self.objection(to: seats)
    if reason == nil {
      do {
        link = try DeviceLink.make(in: group, on: device)
        return "gradients: summed between the GPUs by NCCL \(try DeviceLink.version())"
      } catch let error as EngineError {
        // The ranks exchange the reason over the group, unless the group itself has failed.
        guard error.kind != .lostPeer else {
          throw TrainingError.rankLost(rank: place.rank, reason: error.message)
        }
        reason = try cause(error)
      }
    }
    return "gradients: through host memory and gloo, because \(reason ?? "NCCL gave no reason")"
  }

  /// Among the ranks' error messages, the first that names a cause of its own.
  private func cause(_ error: EngineError) throws -> String {
    let own = error.kind == .failsElsewhere ? "" : error.message
    let all = try together { try $0.gather(Array(own.utf8)) }
    let first = all.firstIndex { !$0.isEmpty }
    return first.map { "on rank \($0) \(String(decoding: all[$0], as: UTF8.self))" } ?? error.message
  }

  /// Identifies a GPU, also across machines: its machine's boot ID and its PCI bus ID. Empty for the CPU.
  private static func seat(of device: Device) -> String {
    guard case .cuda(let index) = device else { return "" }
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
    let bus = CUDADevice.find().devices.first { $0.index == index }?.pciBusID
    return "\(boot ?? ProcessInfo.processInfo.hostName) \(bus ?? "\(device)")"
  }

  private static func objection(to seats: [[UInt8]]) -> String? {
    if let rank = seats.firstIndex(where: \.isEmpty) { return "rank \(rank) computes on the CPU" }
    if Set(seats).count < seats.count { return "ranks share a GPU" }
    return nil
  }
}
