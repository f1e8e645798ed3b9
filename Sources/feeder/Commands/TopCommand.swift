import ArgumentParser
import FeederCore
import FeederReporting
import FeederRun
import Foundation

/// `feeder top`: shows a run while it goes, from the files that it writes.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Shows a run in progress, from another terminal.",
    discussion:
      "On a terminal it is redrawn every second until the run ends or Ctrl-C; elsewhere it is printed once.")

  @Argument(help: "The folder of a run.")
  var folder: String
  @Flag(help: "Print once and exit.")
  var once = false
  @Flag(help: "Print one JSON document on stdout.")
  var json = false

  func run() throws {
    var view = try RunView(RunRecord(folder), at: Date())
    guard Terminal.isInteractive, !once, !json else {
      return try Terminal.show(json ? [] : view.lines, json: json, view)
    }
    var height = 0
    while true {
      Terminal.repaint(view.lines, over: height)
      height = view.lines.count
      if view.state.isEnd { return }
      Thread.sleep(forTimeInterval: 1)
      view = try RunView(RunRecord(folder), at: Date())
    }
  }
}
