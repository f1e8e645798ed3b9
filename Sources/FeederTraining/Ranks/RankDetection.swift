import FeederCore
import FeederTorch
import Foundation

/// The rank of this process and the meeting point of all, from the environment of its launcher.
package struct RankDetection: Sendable, Equatable {
  /// The launcher, for people.
  package let starter: String
  /// The rank of this process, and the number of ranks.
  package let place: RankPlace
  /// The address at which the ranks meet.
  package let meeting: Meeting
  /// How often the job was restarted before.
  package let restartCount: Int

  /// Reads `environment`. RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT come first (torchrun, PyTorchJob, `feeder train
  /// --ranks`), then the variables of a Slurm step (srun). Nil for a single process. Throws `SettingError` for
  /// variables that are missing, out of range or contradict each other.
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
    // torchrun's agent may already serve the store.
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
    // As in "4(x2)" or "2": the first number counts this node's tasks if all nodes have equally many.
    let tasks = (environment["SLURM_STEP_TASKS_PER_NODE"] ?? "1").prefix { $0.isNumber }
    let localCount = min(max(Int(tasks) ?? 1, 1), count)
    place = RankPlace(
      rank: rank, count: count, localRank: try number("SLURM_LOCALID", in: 0...count - 1, default: 0),
      localCount: localCount)
    restartCount = try number("SLURM_RESTART_COUNT", in: 0...1_000_000, default: 0)
    let list = environment["SLURM_STEP_NODELIST"] ?? environment["SLURM_JOB_NODELIST"] ?? ""
    guard let host = environment["MASTER_ADDR"] ?? Self.firstHost(list) else {
      throw SettingError("the Slurm step has no list of nodes: set MASTER_ADDR to the host of rank 0")
    }
    meeting = Self.meeting(
      host, try number("MASTER_PORT", in: 1...65_535, default: 20_000 + job % 20_000), serves: rank == 0,
      restart: restartCount, environment)
    starter = "Slurm"
  }

  /// Ranks that meet over loopback use loopback for everything. Others use the interface in GLOO_SOCKET_IFNAME, gloo's
  /// own variable.
  private static func meeting(
    _ host: String, _ port: Int, serves: Bool, restart: Int, _ environment: [String: String]
  ) -> Meeting {
    var meeting = Meeting(host: host, port: port, serves: serves, name: "feeder-\(restart)")
    meeting.ownInterface = environment["GLOO_SOCKET_IFNAME"].flatMap { $0.isEmpty ? nil : $0 }
    if ["127.0.0.1", "localhost", "::1"].contains(host) { meeting.ownHost = "127.0.0.1" }
    return meeting
  }

  /// The first host of a node list in Slurm's format: "gpu[03-05,7],login" gives gpu03.
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
        "RANK or SLURM_PROCID is set and \(name) is not: set it, or unset the others")
    }
    guard let value = Int(text), range.contains(value) else {
      throw SettingError(
        "\(name)=\(text) in the environment: give \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
