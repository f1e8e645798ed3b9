import FeederCache
import FeederCore
import FeederRun
import FeederTraining
import Foundation
import Testing

@Suite("Settings come from flags and files, and from args.yaml on resume")
struct RunArgumentsTests {
  private func place(_ folder: URL, _ text: String) throws -> String {
    let path = folder.appending(path: "\(UUID()).yaml").path
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private static let flags = [
    "epochs": "7", "batch": "8", "device": "cpu", "memory": "64MiB", "hsv_h": "0.25", "cos_lr": "true",
    "optimizer": "AdamW", "workers": "2", "weights": "start.safetensors", "channels": "auto",
    "seed": "18446744073709551615",
  ]

  @Test("Flags win over the file, and the file's other words for a key are understood")
  func sources() throws {
    try withFolder { folder in
      let file = try place(folder, "imgsz: 64\nlr: 0.5\nepochs: 3\nnbs: 32\nmixup: 1\n")
      var warnings: [String] = []
      let request = try RunArguments(flags: ["epochs": "5"], file: file, warn: { warnings.append($0) }).request()
      #expect(request.imageSize == 64 && request.lr0 == 0.5 && request.epochs == 5 && request.nominalBatch == 32)
      #expect(warnings == ["\(file): 'mixup' has no effect here"])
    }
  }

  @Test("args.yaml holds every setting that has a value, and reads back as the same settings")
  func roundTrip() throws {
    try withFolder { folder in
      let first = try RunArguments(flags: Self.flags)
      let plan = try first.plan()
      let text = try first.yaml(plan, SourceOptions(plan), data: "boards", out: "run")
      #expect(text.contains("hsv_h: 0.25\n") && text.contains("batch: 8\n") && text.contains("channels: auto\n"))
      let file = try place(folder, text)
      let second = try RunArguments(flags: [:], file: file, goesOn: true)
      let again = try second.plan()
      #expect(try second.yaml(again, SourceOptions(again), data: "boards", out: "run") == text)
      #expect(again.request.seed == .max && again.request.memory == 64 << 20 && again.request.optimizer == .adamw)
      #expect(again.request.prefetch == nil && again.request.startWeights?.hasPrefix("/") == true)
    }
  }

  @Test("A resumed run takes settings that may change, and refuses by name the others")
  func goingOn() throws {
    try withFolder { folder in
      let first = try RunArguments(flags: Self.flags)
      let plan = try first.plan()
      let file = try place(
        folder, try first.yaml(plan, SourceOptions(plan), data: "boards", out: "run"))
      func check(_ flags: [String: String]) throws {
        let arguments = try RunArguments(flags: flags, file: file, goesOn: true)
        try ResumeRules.check(arguments, flags: flags, file: file, .alone)
      }
      try check(["epochs": "9", "memory": "1GiB", "cache": "none", "plots": "false", "engine_threads": "1"])
      try check(["hsv_h": "0.250", "channels": "auto", "batch": "auto"])
      let error = #expect(throws: CommandError.self) { try check(["hsv_h": "0.5", "lr0": "1", "epochs": "9"]) }
      #expect(
        error?.description.hasPrefix("--hsv-h 0.5 (this run has 0.25) and --lr0 1.0 (this run has 0.01) cannot change")
          == true)
    }
  }

  @Test("What is no value is refused with what to give")
  func refused() {
    func refusal(_ flags: [String: String]) -> String {
      do {
        return "\(try RunArguments(flags: flags).request())"
      } catch { return Terminal.words(error) }
    }
    #expect(refusal(["epochs": "many"]) == "--epochs many: give 1 to 1000000 epochs")
    #expect(refusal(["batch": ""]) == "--batch '': give 1 to 4096 images, or auto")
    #expect(refusal(["memory": "99999999999GiB"]) == "--memory 99999999999GiB: it is too large")
    #expect(refusal(["momentum": "1"]) == "--momentum 1.0: give a number from 0 to below 1")
    #expect(refusal(["perspective": "1"]) == "--perspective 1.0: give 0 to 0.001")
    #expect(refusal(["optimizer": "adam"]) == "--optimizer adam: give one of auto, sgd, adamw")
  }
}
