import Foundation
import Testing

@Suite("The cache's benches print one document, and auto says what it chose from")
struct CacheBenchTests {
  @Test("bench open times every phase, of a data set and of a synthetic cache")
  func open() throws {
    let boards = try SmallBoards(10)
    for source in [["boards"], ["--items", "1000"]] {
      let run = try FeederProcess(
        ["bench", "open"] + source + [
          "--passes", "2", "--image-size", "96", "--memory", "64MiB", "--cache-dir", "c", "--json",
        ],
        in: boards.url(""))
      #expect(run.status == 0, "\(run.messages)")
      let report = try run.json()
      #expect(report.keys.sorted() == ["batch", "file_bytes", "first", "image_count", "image_size", "median"])
      let first = try #require(report["first"] as? [String: Any])
      let total = try #require(first["total_milliseconds"] as? Double)
      let phases = ["dataset", "source", "loader", "first_batch"].compactMap { first[$0 + "_milliseconds"] as? Double }
      #expect(phases.count == 4 && phases.allSatisfy { $0 >= 0 })
      #expect(phases.reduce(0, +) <= total)
    }
    let both = try boards.feeder("bench", "open", "boards", "--items", "5")
    #expect(both.status == 2)
  }

  @Test(
    "bench forms measures all forms; slow storage turns the choice to JPEG bytes, and a run stays with what was decided"
  )
  func forms() throws {
    let boards = try SmallBoards(10)
    let flags = ["boards", "--image-size", "96", "--memory", "64MiB", "--cache-dir", "c"]
    let run = try FeederProcess(
      ["bench", "forms"] + flags + ["--epochs", "1", "--read-mib-per-s", "1", "--letterboxed", "--json"],
      in: boards.url(""))
    #expect(run.status == 0, "\(run.messages)")
    let report = try run.json()
    #expect(report["chosen"] as? String == "jpeg")
    let forms = try #require(report["forms"] as? [[String: Any]])
    #expect(forms.map { $0["form"] as? String } == ["pixels", "jpeg", "none"])
    let rate = try #require(forms[0]["read_mib_per_second"] as? Double)
    #expect(rate > 0.1 && rate < 1.5)
    #expect(boards.names("c").allSatisfy { !$0.hasSuffix(".decision") })
    let first = try FeederProcess(["cache", "build"] + flags, in: boards.url(""))
    #expect(first.messages.contains("cache: pixels for train (predicted images/s: pixels "), "\(first.messages)")
    let second = try FeederProcess(["cache", "build"] + flags, in: boards.url(""))
    #expect(second.messages.contains("cache: pixels for train, as decided before"), "\(second.messages)")
    #expect(boards.names("c").contains { $0.hasSuffix(".decision") })
  }
}
