import FeederTorch
import FeederFixtures
import Foundation
import Testing

@testable import FeederParity

@Suite("The mathematics equals the reference tensors", .serialized)
struct ParityTests {
  @Test(
    "Every number of a reference file is within its bound on the CPU",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)), arguments: Parity.allCases)
  func compare(file: Parity) throws {
    let record = try file.compare(in: #require(Fixture.folder), on: .cpu)
    #expect(record.comparisons.count > 4)
    for failure in record.failures {
      Issue.record("\(failure.subject): \(failure.distance) from the reference, bound \(failure.bound)")
    }
    try Fixture(file.rawValue).noteChecked()
    if file == .network { try Fixture(Parity.weightsFile).noteChecked() }
  }

  @Test("What differs, has another length or is no number is a failure")
  func failures() {
    let record = ParityRecord(device: .cpu)
    record.largest("apart", [1, 2], [1, 2.1], within: 0.01)
    record.largest("another length", [1], [1, 2], within: 10)
    record.largest("no number", [1, .nan, 1], [1, 1, 1], within: 10)
    record.relative("no number", [.nan, 1], [1, 1], within: 10)
    record.equal("choice", [1, 2], [2, 1])
    #expect(record.failures.count == record.comparisons.count)
    record.largest("equal", [.infinity], [.infinity], within: 0)
    record.relative("near", [1.001], [1], within: 0.01)
    #expect(record.comparisons.count == 7 && record.failures.count == 5)
  }

  @Test("Bounds are wider on a device that adds in another order, and choices are exact everywhere")
  func slack() {
    let record = ParityRecord(device: .cuda(0))
    record.largest("sum", [1.03], [1], within: 0.01)
    record.equal("choice", 1, 2)
    #expect(record.failures.map(\.subject) == ["choice"])
  }
}
