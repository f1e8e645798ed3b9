import FeederCore
import Foundation
import Testing

/// A Python with torch and safetensors, for the conversion and for writing checkpoints.
enum TorchPython {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let path: String? =
    [ProcessInfo.processInfo.environment["FEEDER_PYTHON"], root.appending(path: ".deps/python/bin/python").path]
    .compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
  static let ultralytics: String? = [root.appending(path: ".deps/peers/ultralytics/bin/python").path]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Runs a Python with `arguments` and waits for its end.
  static func run(_ python: String?, _ arguments: [String], in folder: URL) throws -> FeederProcess {
    try FeederProcess(
      arguments, in: folder,
      environment: ["YOLO_CONFIG_DIR": folder.path, "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"],
      program: try #require(python))
  }
}

@Suite(
  "Weights become PyTorch checkpoints",
  .enabled(if: TorchPython.path != nil, "no Python with torch: tools/python makes one, or FEEDER_PYTHON names one"))
struct ConvertWeightsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func python(_ program: String, with interpreter: String? = TorchPython.path) throws -> FeederProcess {
    let file = folder.url.appending(path: "program.py")
    try Data(program.utf8).write(to: file)
    return try TorchPython.run(interpreter, [file.path], in: folder.url)
  }

  private func convert(_ source: String, _ target: String, _ more: String...) throws -> FeederProcess {
    try TorchPython.run(
      TorchPython.path, [TorchPython.root.appending(path: "tools/convert-weights").path, source, target] + more,
      in: folder.url)
  }

  /// Writes a checkpoint of a small network. Like a trainer's, its classes exist only in the program that writes it.
  private static let writer = """
    import sys, types, torch
    from torch import nn
    for name in ("ultralytics", "ultralytics.nn", "ultralytics.nn.tasks"):
        sys.modules[name] = types.ModuleType(name)
    class DetectionModel(nn.Module):
        pass
    DetectionModel.__module__ = "ultralytics.nn.tasks"
    DetectionModel.__qualname__ = "DetectionModel"
    sys.modules["ultralytics.nn.tasks"].DetectionModel = DetectionModel
    """

  /// Writes `a.safetensors` with the tensors of `net`.
  private static let copy = """

    from safetensors.torch import save_file
    save_file({name: value.float().clone() for name, value in net.state_dict().items()}, "a.safetensors")
    """

  @Test("Every tensor goes into a checkpoint that its program opens")
  func back() throws {
    let written = try python(
      Self.writer + """

        torch.manual_seed(1)
        net = DetectionModel()
        net.model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.SiLU())
        net.names = {0: "open", 1: "short"}
        torch.save({"epoch": -1, "model": net.half(), "ema": None}, "a.pt")
        """ + Self.copy)
    #expect(written.status == 0, "\(written.messages)")
    let refused = try convert("a.safetensors", "a.pt")
    #expect(refused.status == 1 && refused.messages.contains("is there already"), "\(refused.messages)")
    let back = try convert("a.safetensors", "b.pt", "--like", "a.pt")
    #expect(back.status == 0, "\(back.messages)")
    let compared = try python(
      Self.writer + """

        a, b = (torch.load(name, weights_only=False)["model"] for name in ("a.pt", "b.pt"))
        assert type(b) is DetectionModel and type(b.model[0]) is nn.Conv2d and b.names == a.names
        x, y = a.state_dict(), b.state_dict()
        assert list(x) == list(y) and all(torch.equal(x[k].float(), y[k].float()) for k in x)
        assert torch.equal(a.float().model(torch.ones(1, 3, 8, 8)), b.float().model(torch.ones(1, 3, 8, 8)))
        """)
    #expect(compared.status == 0, "\(compared.messages)")
  }

  @Test(
    "A checkpoint that would run something is refused in one line, and nothing is run",
    arguments: ["os.system, ('touch ran',)", "eval, ('open(\"ran\", \"w\")',)", "getattr, (list, 'append')"])
  func hostile(_ call: String) throws {
    let written = try python(
      """
      import os, torch
      class Trap:
          def __reduce__(self):
              return \(call)
      torch.save({"model": {"model.0.weight": torch.ones(1)}, "trap": Trap()}, "a.pt")
      from safetensors.torch import save_file
      save_file({"model.0.weight": torch.ones(1)}, "a.safetensors")
      """)
    #expect(written.status == 0, "\(written.messages)")
    let run = try convert("a.safetensors", "b.pt", "--like", "a.pt")
    #expect(run.status == 1 && run.lines.count == 1 && run.messages.contains("not opened"), "\(run.messages)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(!names.contains("ran") && !names.contains("b.pt"))
  }

  @Test("What is no weights file, a missing file, a missing folder and a .pt are one line each")
  func damaged() throws {
    try Data("not weights".utf8).write(to: folder.url.appending(path: "a.safetensors"))
    for name in ["a.safetensors", "missing.safetensors"] {
      let run = try convert(name, "a.pt")
      #expect(run.status == 1 && run.lines.count == 1 && run.messages.contains(name), "\(run.messages)")
    }
    let other = try convert("a.pt", "b.safetensors")
    #expect(other.status == 2 && other.messages.contains("feeder import"), "\(other.messages)")
    let program =
      "import torch\nfrom safetensors.torch import save_file\nsave_file({'a': torch.ones(1)}, 'c.safetensors')\n"
    #expect(try python(program).status == 0)
    let nowhere = try convert("c.safetensors", "missing/c.pt")
    #expect(nowhere.status == 1 && nowhere.lines.count == 1, "\(nowhere.messages)")
    #expect(nowhere.messages.contains("cannot write missing/c.pt"), "\(nowhere.messages)")
  }

  @Test(
    "A checkpoint that the ultralytics package saves starts a training run here, and comes back to it unchanged",
    .enabled(if: TorchPython.ultralytics != nil, "no ultralytics: tools/bench/peers installs it into .deps/peers"))
  func published() throws {
    let saved = try python(
      "from ultralytics import YOLO\nYOLO('yolov8n.yaml').save('u.pt')\n", with: TorchPython.ultralytics)
    #expect(saved.status == 0, "\(saved.messages)")
    let forth = try FeederProcess(["import", "u.pt", "--out", "u.safetensors"], in: folder.url)
    #expect(forth.output.contains("355 tensors, 80 classes"), "\(forth.messages)")
    let drawn = try FeederProcess(["synth", "--out", "boards", "--boards", "8", "--size", "160"], in: folder.url)
    #expect(drawn.status == 0, "\(drawn.messages)")
    let trained = try FeederProcess(
      ["train", "boards", "--weights", "u.pt", "--stop-after-steps", "1"] + SmallBoards.smallSteps,
      in: folder.url)
    #expect(trained.status == 0 && trained.messages.contains("instead of 80"), "\(trained.messages)")
    let back = try convert("u.safetensors", "v.pt", "--like", "u.pt")
    #expect(back.status == 0, "\(back.messages)")
    let compared = try python(
      """
      import torch
      from ultralytics import YOLO
      a, b = (YOLO(name).model.state_dict() for name in ("u.pt", "v.pt"))
      assert list(a) == list(b) and all(torch.equal(a[k], b[k]) for k in a)
      """, with: TorchPython.ultralytics)
    #expect(compared.status == 0, "\(compared.messages)")
  }
}
