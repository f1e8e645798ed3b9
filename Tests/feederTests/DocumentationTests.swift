import Foundation
import Testing

@Suite("Every command in the documentation is one that works")
struct DocumentationTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let pages = [
    "README.md", "docs/own-data.md", "docs/first-epoch.md", "docs/large-boards.md", "docs/run-folder.md",
    "docs/factory.md", "docs/profiling.md", "docs/distribution.md", "docs/troubleshooting.md", "docs/precision.md",
    "docs/accuracy.md", "docs/from-ultralytics.md",
  ]

  /// The commands in the indented lines of a page, without their comments.
  private func commands(_ page: String) throws -> [[String]] {
    let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("    ") else { return nil }
      let words = line.split(separator: "#")[0].split(separator: " ")
        .map { $0.trimmingCharacters(in: ["'"]) }
      guard let start = words.firstIndex(where: { ["feeder", "$feeder"].contains($0) }) else { return nil }
      return Array(words[(start + 1)...])
    }
  }

  /// Pages whose commands run one after the other in an empty folder, and a file that they leave.
  private static let ways = [
    "docs/own-data.md": "runs/first/report.html", "docs/first-epoch.md": "corrected/data.yaml",
    "docs/large-boards.md": "calls/predictions.csv",
  ]

  @Test("The ways from a folder run as they stand", arguments: ways.keys.sorted())
  func ownData(page: String) throws {
    let folder = try TemporaryFolder()
    if page == "docs/first-epoch.md" { try drawMachineFolders(in: folder.url) }
    let commands = try commands(page)
    #expect(commands.count >= 5)
    for command in commands {
      let run = try FeederProcess(command, in: folder.url)
      #expect(run.status == 0, "feeder \(command.joined(separator: " ")): \(run.messages)")
    }
    let last = try #require(Self.ways[page])
    #expect(FileManager.default.fileExists(atPath: folder.url.appending(path: last).path))
    guard page == "docs/first-epoch.md" else { return }
    // The folders hold what the headings of the page promise.
    let endings = ["voc": "bmp", "coco": "tif", "labelme": "png"]
    for (format, ending) in endings {
      let images = folder.url.appending(path: "boards-\(format)/images/train")
      let names = try FileManager.default.contentsOfDirectory(atPath: images.path)
      #expect(!names.isEmpty && names.allSatisfy { $0.hasSuffix("." + ending) }, "\(format): \(names)")
    }
    let yaml = try String(contentsOf: folder.url.appending(path: "boards-coco/data.yaml"), encoding: .utf8)
    #expect(yaml.contains("window: ["), "the TIFF files have 12 bits")
  }

  /// Runs tools/machine-folders, as the page says.
  private func drawMachineFolders(in folder: URL) throws {
    let feeder = try #require(RunningFeeder.program("feeder"))
    let script = Self.root.appending(path: "tools/machine-folders").path
    let run = try FeederProcess(["python3", script, feeder.path, "."], in: folder, program: "/usr/bin/env")
    try #require(run.status == 0, "\(run.messages)")
  }

  @Test("Every command of the other pages does what its page says, in small steps", arguments: pages)
  func everyCommand(_ page: String) throws {
    guard Self.ways[page] == nil else { return }
    let boards = try SmallBoards()
    let run = try boards.train("boards", "--epochs", "1", "--out", "runs/train", "--plots", "true")
    try #require(run.status == 0, "\(run.messages)")
    let files = FileManager.default
    try files.copyItem(at: boards.url("runs/train/predictions.json"), to: boards.url("predictions.json"))
    try files.copyItem(at: boards.url("runs/train/weights/best.safetensors"), to: boards.url("weights.safetensors"))
    // The content of weights decides, not their name.
    try files.copyItem(at: boards.url("runs/train/weights/best.safetensors"), to: boards.url("best.pt"))
    try files.copyItem(at: boards.url("boards"), to: boards.url("DeepPCB"))
    for command in try commands(page) {
      let words = smaller(command, image: "boards/images/val/\(try #require(boards.names("boards/images/val").first))")
      let done = try FeederProcess(words, in: boards.folder.url)
      if command.contains(where: { $0.hasPrefix("cuda") }) && done.status != 0 {
        expectRefusal(done, "cuda:0")
      } else {
        #expect(done.status == 0, "\(page): feeder \(command.joined(separator: " ")): \(done.messages)")
      }
    }
  }

  /// The same command on small boards. If a flag is given twice, the later one counts.
  private func smaller(_ command: [String], image: String) -> [String] {
    let words = command.map { $0 == "IMAGE..." ? image : $0 == "boards" && command.first == "prepare" ? "again" : $0 }
    switch command.first {
    case "train" where command.contains("--resume"): return words
    case "train": return words + SmallBoards.smallSteps + ["--epochs", "1", "--out", "runs/more"]
    case "profile": return words + ["--batch", "4", "--image-size", "64", "--seconds", "0.1"]
    case "val", "predict": return words + ["--image-size", "64"]
    default: return words
    }
  }

  @Test("Subcommands and flags of all pages exist", arguments: pages)
  func flags(_ page: String) throws {
    let folder = try TemporaryFolder()
    for command in try commands(page) {
      let verbs = Array(command.prefix { $0.allSatisfy { $0.isLetter || $0 == "-" } && !$0.hasPrefix("-") }.prefix(2))
      let known = ["bench", "cache"].contains(verbs.first) ? verbs : Array(verbs.prefix(1))
      let help = try FeederProcess(known + ["--help"], in: folder.url)
      #expect(help.status == 0, "\(page): feeder \(known.joined(separator: " "))")
      for flag in command where flag.hasPrefix("--") {
        #expect(help.output.contains(flag), "\(page): feeder \(known.joined(separator: " ")) has no \(flag)")
      }
    }
  }
}
