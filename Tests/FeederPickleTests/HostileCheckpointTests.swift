import CheckpointSupport
import Testing

@testable import FeederPickle

@Suite("Checkpoints that attack their reader are refused in one line, at once, and nothing of them is run")
struct HostileCheckpointTests {
  @Test("Attacks", arguments: HostileCheckpoints.all)
  func attacks(attack: HostileCheckpoints.Attack) throws {
    let time = ContinuousClock().measure {
      let fault = #expect(throws: CheckpointFault.self) { try TorchCheckpoint(attack.bytes) }
      let line = fault?.description ?? ""
      #expect(line.contains(attack.words), "\(line)")
      #expect(!line.contains("\n") && line.count < 700, "\(line)")
    }
    #expect(time < .seconds(5), "\(time)")
  }

  @Test("There are more than forty, each under its own name")
  func count() {
    let names = HostileCheckpoints.all.map(\.description)
    #expect(names.count > 100 && Set(names).count == names.count)
  }

  @Test("A file that is cut at any byte is refused")
  func cut() throws {
    let bytes = CheckpointFixture.small.bytes
    #expect(throws: Never.self) { try TorchCheckpoint(bytes) }
    for length in bytes.indices {
      #expect(throws: CheckpointFault.self) { try TorchCheckpoint(Array(bytes[..<length])) }
    }
  }

  @Test("A file with any one byte changed is refused, or gives the same tensors: nothing traps")
  func flipped() throws {
    let bytes = CheckpointFixture.small.bytes
    let whole = try TorchCheckpoint(bytes)
    for place in bytes.indices {
      for bit in [1, 0x80, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[place] ^= bit
        guard let read = try? TorchCheckpoint(damaged) else { continue }
        for (name, entry) in whole.entries {
          #expect(Array(read.bytes[read.entries[name]?.range ?? 0..<0]) == Array(bytes[entry.range]), "byte \(place)")
        }
      }
    }
  }
}
