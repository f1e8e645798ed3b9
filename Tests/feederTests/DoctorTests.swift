import Foundation
import Testing

@Suite("feeder doctor says what the machine can do, GPU or none")
struct DoctorTests {
  @Test("all its facts are there, in JSON and as text, and the storage of data and cache is measured")
  func report() throws {
    let boards = try SmallBoards()
    let run = try FeederProcess(["doctor", "boards", "--cache-dir", "new/folder", "--json"], in: boards.folder.url)
    #expect(run.status == 0, "\(run.messages)")
    let report = try run.json()
    #expect(
      Set(report.keys) == ["cpu", "memory", "libtorch", "libjpeg_turbo", "cuda", "storage", "advice"])
    let cpu = try #require(report["cpu"] as? [String: Any])
    #expect((cpu["threads_used"] as? Int ?? 0) > 0)
    #expect((report["libtorch"] as? [String: Any])?["version"] as? String == "2.11.0")
    let jpeg = try #require((report["libjpeg_turbo"] as? [String: Any])?["version"] as? String)
    #expect(jpeg.wholeMatch(of: /\d+\.\d+(\.\d+)*/) != nil, "\(jpeg)")
    let storage = try #require(report["storage"] as? [[String: Any]])
    #expect(storage.map { $0["use"] as? String } == ["data", "cache"])
    for folder in storage { #expect((folder["read_bytes_per_second"] as? Double ?? 0) > 0) }
    let advice = try #require(report["advice"] as? [String])
    #expect(!advice.isEmpty)
    for line in advice { #expect(run.lines.contains { $0.hasSuffix(line) }) }
    let cuda = try #require(report["cuda"] as? [String: Any])
    if (cuda["devices"] as? [Any])?.isEmpty == true {
      let status = try #require(cuda["status"] as? String)
      #expect(run.lines.contains { $0.hasPrefix("GPU") && $0.contains(status) })
    }
    #expect(!boards.exists("new"), "nothing stays")
  }

  @Test("a folder that takes no probe is a line of advice, a data set that is not there an error")
  func badFolders() throws {
    let boards = try SmallBoards()
    let refused = try FeederProcess(["doctor", "--cache-dir", "/proc/self", "--json"], in: boards.folder.url)
    #expect(refused.status == 0)
    #expect((try refused.json()["advice"] as? [String] ?? []).contains { $0.contains("--cache-dir") })
    let missing = try FeederProcess(["doctor", "nowhere"], in: boards.folder.url)
    #expect(missing.status == 1 && missing.lines.count == 1, "\(missing.messages)")
  }
}
