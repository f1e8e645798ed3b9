import Foundation
import Testing

@Suite("tools/failed-tests names every failed test of a log, and prints nothing if all passed")
struct FailedTestsTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "tools/failed-tests").path

  /// The lines that the script prints for `logs`.
  private func summary(_ logs: String...) throws -> [String] {
    let folder = try TemporaryFolder()
    var paths: [String] = []
    for (number, log) in logs.enumerated() {
      let url = folder.url.appending(path: "log\(number)")
      try Data(log.utf8).write(to: url)
      paths.append(url.path)
    }
    let run = try FeederProcess([Self.script] + paths, in: folder.url, program: "/bin/bash")
    #expect(run.status == 0, "\(run.messages)")
    return run.output.split(separator: "\n").map(String.init)
  }

  private static let passed = """
    ◇ Test run started.
    ◇ Test "is right" started.
    ◇ Test case passing 1 argument i → 1 to "is right" started.
    ✔ Test "is right" with 1 test case passed after 0.1 seconds.
    ✔ Test run with 1 test in 1 suite passed after 0.1 seconds.
    """

  @Test("Of a log in which all passed, nothing")
  func nothing() throws { #expect(try summary(Self.passed, Self.passed) == []) }

  @Test("A failed test, one with parameters and one without a name, each with its place and reason")
  func failures() throws {
    let lines = try summary(
      Self.passed,
      """
      ◇ Test run started.
      ✘ Test "A Test of sums" recorded an issue at Sums.swift:5:34: Expectation failed: 1 == 2
      ↳ why
      ✘ Test "with values" recorded an issue with 2 arguments i → 2, b → true at Sums.swift:7:91: Expectation failed: (i → 2) != 2
      ✘ Test unnamed() recorded an issue at Sums.swift:6:26: Expectation failed: 3 == 4
      ✘ Test "A Test of sums" failed after 0.002 seconds with 1 issue.
      ✘ Test "with values" with 6 test cases failed after 0.002 seconds with 1 issue.
      ✘ Test unnamed() failed after 0.002 seconds with 1 issue.
      ✘ Suite Sums failed after 0.003 seconds with 3 issues.
      ✘ Test run with 3 tests in 1 suite failed after 0.003 seconds with 3 issues.
      """)
    #expect(
      lines == [
        "✘ \"A Test of sums\", Sums.swift:5:34: Expectation failed: 1 == 2",
        "✘ \"with values\", Sums.swift:7:91: Expectation failed: (i → 2) != 2",
        "✘ unnamed(), Sums.swift:6:26: Expectation failed: 3 == 4",
      ])
  }

  @Test("Of a hundred failed tests every name, in twelve lines")
  func many() throws {
    let log = (1...100).map { "✘ Test \"number \($0)\" failed after 0.1 seconds with 1 issue." }.joined(separator: "\n")
    let lines = try summary(log + "\n✘ Test run with 100 tests in 1 suite failed after 9.0 seconds with 100 issues.")
    #expect(lines.count == 12)
    #expect((1...100).allSatisfy { number in lines.contains { $0.contains("\"number \(number)\"") } })
  }

  @Test("A test that crashed, by its signal and its line")
  func crash() throws {
    let lines = try summary(
      """
      ◇ Test run started.
      ◇ Test "crashes" started.
      ◇ Test "waits" started.
      Boards/Sums.swift:692: Fatal error: Index out of range
      *** Signal 4: Backtracing from 0x7f4b3236df7f... done ***
      Thread 0 "boards":
        0      0x00007f4b30a92301 wait() + 65 in boards.xctest at /home/u/boards/Tests/Sums/Other.swift:3:1
      Thread 4 "pool" crashed:
        0                  0x00007f4b3236df7f _assertionFailure(_:_:file:line:flags:) + 623 in libswiftCore.so
        3 [ra]             0x000055a46d3bb722 Sums.crashes() + 625 in boards.xctest at /home/u/boards/Tests/Sums/Sums.swift:14:112
       13 [async]          0x00007f4b30d37440 closure #1 in Testerror: Process 'boards.xctest' exited with unexpected signal code 4
      """)
    #expect(
      lines == [
        "✘ Boards/Sums.swift:692: Fatal error: Index out of range",
        "✘ error: Process 'boards.xctest' exited with unexpected signal code 4",
        "✘ a test process died in Sums.crashes() at Tests/Sums/Sums.swift:14:112",
      ])
  }

  @Test("Tests that a log begins and does not end, if the process left without a word")
  func cut() throws {
    let lines = try summary(
      """
      ◇ Test run started.
      ◇ Test "hangs" started.
      ◇ Test "is done" started.
      ✔ Test "is done" passed after 0.1 seconds.
      """, Self.passed)
    #expect(lines == ["✘ a test process ended before its tests; 1 had begun and not ended: \"hangs\""])
  }
}
