import FeederCore
import FeederTorch
import Foundation

/// Which rank this process is, by what started it, and where the others are.
package struct RankDetection: Sendable, Equatable {
  /// What started the ranks, for people.
  package let starter: String
  package let place: RankPlace
  package let meeting: Meeting
  /// Times that the job was started again before; 0 at first.
  package let restartCount: Int

  /// What `environment` says, the first of these that is there: RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT (torchrun,
  /// PyTorchJob, `feeder train --ranks`); a step of Slurm (srun). Nil for a process alone. Throws
  /// `SettingError` for variables that contradict each other.
  package init?(_ environment: [String: String]) throws {
    if environment["RANK"] != nil, environment["WORLD_SIZE"] != nil {
      try self.init(torch: environment)
    } else if environment["SLURM_STEP_ID"] != nil, environment["SLURM_PROCID"] != nil {
      try self.init(slurm: environment)
    } else {
      return nil
    }
    if place.count == 1 { return nil }
  }

  private init(torch environment: [String: String]) throws {
    func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws -> Int {
      try Self.number(name, environment, in: range, default: fallback)
    }
    let count = try number("WORLD_SIZE", in: 1...65_536)
    let rank = try number("RANK", in: 0...count - 1)
    let localCount = try number("LOCAL_WORLD_SIZE", in: 1...count, default: 1)
    place = RankPlace(
      rank: rank, count: count, localRank: try number("LOCAL_RANK", in: 0...localCount - 1, default: 0),
      localCount: localCount)
    restartCount = try number("TORCHELASTIC_RESTART_COUNT", in: 0...1_000_000, default: 0)
    let isAlone = count == 1
    let host = environment["MASTER_ADDR"] ?? (isAlone ? "127.0.0.1" : nil)
    guard let host else {
      throw SettingError("RANK is set and MASTER_ADDR is not: set it to the host of rank 0, and MASTER_PORT")
    }
    // torchrun's agent may serve the store already.
    let isServed = environment["TORCHELASTIC_USE_AGENT_STORE"]?.lowercased() == "true"
    meeting = Self.meeting(
      host, try number("MASTER_PORT", in: 1...65_535, default: isAlone ? 1 : nil), serves: rank == 0 && !isServed,
      restart: restartCount, environment)
    starter =
      environment["TORCHELASTIC_RUN_ID"] != nil ? "torchrun" : environment["FEEDER_CREW"] != nil ? "--ranks" : "RANK"
  }

  private init(slurm environment: [String: String]) throws {
    func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws -> Int {
      try Self.number(name, environment, in: range, default: fallback)
    }
    let count = try number("SLURM_STEP_NUM_TASKS", in: 1...65_536)
    let rank = try number("SLURM_PROCID", in: 0...count - 1)
    let job = try number("SLURM_JOB_ID", in: 0...Int(Int32.max), default: 0)
    // As in "4(x2)" or "2": tasks of this node come first where all are alike.
    let tasks = (environment["SLURM_STEP_TASKS_PER_NODE"] ?? "1").prefix { $0.isNumber }
    let localCount = min(max(Int(tasks) ?? 1, 1), count)
    place = RankPlace(
      rank: rank, count: count, localRank: try number("SLURM_LOCALID", in: 0...count - 1, default: 0),
      localCount: localCount)
    restartCount = try number("SLURM_RESTART_COUNT", in: 0...1_000_000, default: 0)
    let list = environment["SLURM_STEP_NODELIST"] ?? environment["SLURM_JOB_NODELIST"] ?? ""
    guard let host = environment["MASTER_ADDR"] ?? Self.firstHost(list) else {
      throw SettingError("a step of Slurm without a list of nodes: set MASTER_ADDR to the host of rank 0")
    }
    meeting = Self.meeting(
      host, try number("MASTER_PORT", in: 1...65_535, default: 20_000 + job % 20_000), serves: rank == 0,
      restart: restartCount, environment)
    starter = "Slurm"
  }

  /// Ranks that meet over loopback talk over loopback; others by the interface that GLOO_SOCKET_IFNAME names, gloo's own word.
  private static func meeting(
    _ host: String, _ port: Int, serves: Bool, restart: Int, _ environment: [String: String]
  ) -> Meeting {
    var meeting = Meeting(host: host, port: port, serves: serves, name: "feeder-\(restart)")
    meeting.ownInterface = environment["GLOO_SOCKET_IFNAME"].flatMap { $0.isEmpty ? nil : $0 }
    if ["127.0.0.1", "localhost", "::1"].contains(host) { meeting.ownHost = "127.0.0.1" }
    return meeting
  }

  /// The first name of a list of nodes in Slurm's words: "gpu[03-05,7],login" is gpu03.
  static func firstHost(_ list: String) -> String? {
    let name = list.prefix { $0 != "," && $0 != "[" }
    guard !name.isEmpty else { return nil }
    guard list.dropFirst(name.count).first == "[" else { return String(name) }
    let number = list.dropFirst(name.count + 1).prefix(while: \.isNumber)
    return number.isEmpty ? nil : String(name + number)
  }

  private static func number(
    _ name: String, _ environment: [String: String], in range: ClosedRange<Int>, default fallback: Int?
  ) throws -> Int {
    guard let text = environment[name] else {
      if let fallback { return fallback }
      throw SettingError(
        "the environment says RANK or SLURM_PROCID and not \(name): set it, or unset the others")
    }
    guard let value = Int(text), range.contains(value) else {
      throw SettingError(
        "\(name)=\(text) in the environment: give \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
