import FeederCore
import FeederTorch
import Testing

@testable import FeederTraining

@Suite("A process finds its rank in its launcher's variables")
struct RankDetectionTests {
  private static let torch = [
    "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "node0",
    "MASTER_PORT": "29500",
  ]

  @Test("Without variables, or with a single process, there is no rank")
  func alone() throws {
    #expect(try RankDetection([:]) == nil)
    #expect(try RankDetection(["RANK": "0", "WORLD_SIZE": "1"]) == nil)
    // In a Slurm batch script without srun.
    #expect(try RankDetection(["SLURM_PROCID": "0", "SLURM_NTASKS": "8"]) == nil)
  }

  @Test("torchrun's variables")
  func torchrun() throws {
    let words = ["TORCHELASTIC_RUN_ID": "x", "TORCHELASTIC_RESTART_COUNT": "2", "TORCHELASTIC_USE_AGENT_STORE": "True"]
    let found = try #require(try RankDetection(Self.torch.merging(words) { $1 }))
    #expect(found.place == RankPlace(rank: 3, count: 4, localRank: 1, localCount: 2))
    #expect(found.meeting == Meeting(host: "node0", port: 29500, serves: false, name: "feeder-2"))
    #expect(found.starter == "torchrun" && found.restartCount == 2)
    let first = try RankDetection(Self.torch.merging(["RANK": "0", "LOCAL_RANK": "0"]) { $1 })
    #expect(first?.meeting.serves == true)
    let served = try RankDetection(Self.torch.merging(words.merging(["RANK": "0"]) { $1 }) { $1 })
    #expect(served?.meeting.serves == false, "the agent serves the store")
  }

  @Test("PyTorchJob's variables: one process per machine")
  func job() throws {
    let words = ["RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "job-master-0", "MASTER_PORT": "23456"]
    let found = try #require(try RankDetection(words))
    #expect(found.place == RankPlace(rank: 1, count: 2))
  }

  @Test("The variables of a Slurm step, whose first node serves")
  func slurm() throws {
    let words = [
      "SLURM_STEP_ID": "0", "SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "8", "SLURM_LOCALID": "1",
      "SLURM_JOB_ID": "123456",
      "SLURM_STEP_TASKS_PER_NODE": "4(x2)", "SLURM_STEP_NODELIST": "gpu[03-04]",
    ]
    let found = try #require(try RankDetection(words))
    #expect(found.place == RankPlace(rank: 5, count: 8, localRank: 1, localCount: 4))
    #expect(found.meeting == Meeting(host: "gpu03", port: 23_456, serves: false, name: "feeder-0"))
    let chosen = try RankDetection(words.merging(["MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "7"]) { $1 })
    #expect(chosen?.meeting.host == "10.0.0.1" && chosen?.meeting.port == 7)
    #expect(RankDetection.firstHost("a,b") == "a" && RankDetection.firstHost("n[7,9]") == "n7")
    #expect(RankDetection.firstHost("") == nil && RankDetection.firstHost("n[") == nil)
  }

  @Test(
    "Contradictions are refused in one line that names the variable",
    arguments: [
      ("RANK", "4"), ("RANK", "x"), ("WORLD_SIZE", "0"), ("LOCAL_RANK", "2"), ("MASTER_PORT", "70000"),
      ("TORCHELASTIC_RESTART_COUNT", "-1"),
    ])
  func contradictions(name: String, value: String) {
    let error = #expect(throws: SettingError.self) { try RankDetection(Self.torch.merging([name: value]) { $1 }) }
    #expect(error.map { "\($0)".hasPrefix("\(name)=\(value)") } == true)
  }

  @Test("A missing address or port is an error that asks for it")
  func missing() {
    for name in ["MASTER_ADDR", "MASTER_PORT"] {
      let error = #expect(throws: SettingError.self) { try RankDetection(Self.torch.filter { $0.key != name }) }
      #expect(error.map { "\($0)".contains(name) } == true)
    }
  }

  @Test("Ranks that meet on loopback stay on it, and GLOO_SOCKET_IFNAME names an interface")
  func addresses() throws {
    let near = try RankDetection(Self.torch.merging(["MASTER_ADDR": "localhost"]) { $1 })
    #expect(near?.meeting.ownHost == "127.0.0.1")
    let far = try RankDetection(Self.torch.merging(["GLOO_SOCKET_IFNAME": "eth1"]) { $1 })
    #expect(far?.meeting.ownHost == nil && far?.meeting.ownInterface == "eth1")
  }
}
