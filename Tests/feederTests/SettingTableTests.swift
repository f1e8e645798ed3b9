import FeederCore
import FeederTraining
import Foundation
import Testing

@Suite("Every setting is written once, and the help and the documentation say the same")
struct SettingTableTests {
  /// Flags of `feeder train` that are not settings.
  private static let others: Set = [
    "out", "resume", "config", "trace", "plan", "verbose", "watchdog", "json", "version", "help",
  ]

  @Test("`feeder train --help` has every setting with its words and default, and no other flag")
  func help() throws {
    let folder = try TemporaryFolder()
    let run = try FeederProcess(["train", "--help"], in: folder.url, environment: ["COLUMNS": "80"])
    let text = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ") + " "
    for setting in SettingTable.all {
      let flag = SettingLine.flag(setting.key)
      let value = setting.isSwitch ? "" : " <\(flag.dropFirst(2))>"
      #expect(text.contains(" \(flag)\(value) \(setting.helpLine(TrainingRequest())) "), "\(setting.key)")
    }
    let flags = run.output.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /^ +(?:-\w, )?--([a-z0-9-]+)/).map { String($0.output.1) }
    }
    #expect(Set(flags) == Self.others.union(SettingTable.all.map { $0.key.replacing("_", with: "-") }))
  }

  @Test("docs/settings.md is the table; FEEDER_WRITE_DOCS=1 writes it again")
  func documentation() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/settings.md")
    if ProcessInfo.processInfo.environment["FEEDER_WRITE_DOCS"] != nil { try Data(Self.page.utf8).write(to: page) }
    #expect(try String(contentsOf: page, encoding: .utf8) == Self.page)
  }

  private static let page =
    """
    # Settings of a run

    Each flag of `feeder train` that is a setting. In a file for `--config` and in args.yaml the name has `_` for `-` and no dashes in front:
    `image_size: 320`. A resumed run (`--resume`) may change the settings that have a reason in the last column; every other setting decides
    what the run computes.

    | flag | what it is for | default | give | may change in a resumed run |
    |---|---|---|---|---|

    """
    + SettingTable.all.map { setting in
      let cells = [
        "`\(SettingLine.flag(setting.key))`", setting.help,
        setting.standard(TrainingRequest()) ?? (setting.isSwitch ? "off" : "none"),
        setting.isSwitch ? "no value" : setting.allowed.flags, setting.mayChange ?? "",
      ]
      return "| " + cells.joined(separator: " | ") + " |\n"
    }.joined() + """

      This page is written from `SettingTable`: `FEEDER_WRITE_DOCS=1 swift test -c release --filter SettingTableTests` writes it again.

      """
}
