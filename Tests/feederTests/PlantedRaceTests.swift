import Foundation
import Testing

/// A test of the thread sanitizer: without it, a long run without reports could mean that the sanitizer sees nothing.
@Suite("The thread sanitizer reports a planted race, and nothing if there is none")
struct PlantedRaceTests {
  @Test("In a class property and in raw memory, under the options that hold for everything")
  func planted() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = try TemporaryFolder()
    let run = try FeederProcess(
      [root.appending(path: "tools/sanitizers").path, "planted", "5"], in: folder.url, program: "/bin/bash")
    #expect(run.status == 0, "\(run.output)\(run.messages)")
    #expect(run.output.split(separator: "\n").count == 3, "\(run.output)")
  }
}
