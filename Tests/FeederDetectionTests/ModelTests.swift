import FeederDetection
import FeederTorch
import FeederFixtures
import Foundation
import Testing

@Suite("The network is the published one", .serialized)
struct ModelTests {
  // Counts with 6 and 80 classes, the fixed distribution weight included: shared knowledge of every YOLOv8 user.
  @Test(
    "Parameter and buffer totals are the published ones",
    arguments: [
      (ModelSize.n, 6, 3_012_018, 355, 10457), (.n, 80, 3_157_200, 355, 10649), (.s, 6, 11_137_922, 355, 20089),
      (.m, 6, 25_859_794, 475, 33197), (.l, 6, 43_634_466, 595, 46561), (.x, 6, 68_158_386, 595, 58177),
    ])
  func totals(size: ModelSize, classCount: Int, parameters: Int, entries: Int, buffers: Int) throws {
    let state = try YOLOv8(size, classCount: classCount).state
    #expect(state.count == entries)
    let learned = state.filter { $0.kind.isLearned || $0.kind == .fixed }
    #expect(learned.map(\.tensor.count).reduce(0, +) == parameters)
    let others = state.filter { !($0.kind.isLearned || $0.kind == .fixed) }
    #expect(others.map(\.tensor.count).reduce(0, +) == buffers)
    #expect(Set(state.map(\.name)).count == entries)
  }

  @Test(
    "Names, order and shapes are those of the reference lists",
    .enabled(if: Fixture.isAvailable, Comment(rawValue: Fixture.absent)), arguments: ModelSize.allCases)
  func shapes(size: ModelSize) throws {
    let folder = try #require(Fixture.folder)
    let list = folder.deletingLastPathComponent().appending(path: "\(size.modelName)_nc6_shapes.txt")
    guard let text = try? String(contentsOf: list, encoding: .utf8) else { return }
    let wanted = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      line.split(separator: " ").prefix(2).joined(separator: " ")
    }
    let ours = try YOLOv8(size, classCount: 6).state.map { entry in
      let shape = entry.tensor.shape
      return entry.name + " " + (shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "x"))
    }
    #expect(Set(ours) == Set(wanted))
    #expect(ours == wanted)
  }

  @Test("The same seed gives the same first weights and another seed others")
  func seeds() throws {
    func first(_ seed: UInt64) throws -> [Float] { try YOLOv8(.n, classCount: 2, seed: seed).state[6].tensor.array() }
    #expect(try first(1) == first(1))
    #expect(try first(1) != first(2))
  }
}
