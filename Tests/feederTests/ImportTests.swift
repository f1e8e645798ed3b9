import CheckpointSupport
import FeederCore
import Foundation
import Testing

@Suite("feeder import reads a checkpoint of torch without Python, and every command reads it too")
struct ImportTests {
  private let boards: SmallBoards

  init() throws { boards = try SmallBoards() }

  private func metadata(_ path: String) throws -> [String: String] {
    let bytes = [UInt8](try Data(contentsOf: boards.url(path)))
    return try bytes.withUnsafeBytes { try Safetensors(file: $0).metadata }
  }

  /// Each run would leave a file or a process behind. The room cannot (TorchCheckpointTests); this asks the whole program.
  @Test("An attack ends in one line, with status 1, and nothing is left behind")
  func attacks() throws {
    let attacks = HostileCheckpoints.all
    for attack in stride(from: 0, to: attacks.count, by: 11).map({ attacks[$0] }) {
      try Data(attack.bytes).write(to: boards.url("attack.bin"))
      let before = boards.names(".")
      let run = try boards.feeder("import", "attack.bin", "--out", "out.safetensors")
      #expect(run.status == 1 && run.lines.count == 1, "\(attack): \(run.messages)")
      #expect(run.messages.hasPrefix("feeder: attack.bin: "), "\(attack): \(run.messages)")
      #expect(
        boards.names(".").filter { !$0.hasPrefix("stdout") } == before.filter { !$0.hasPrefix("stdout") }, "\(attack)")
    }
  }

  @Test(
    "An attack starts no process and opens no other file, as the kernel sees it",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/strace"), "no strace"))
  func systemCalls() throws {
    let program = try #require(RunningFeeder.program("feeder"))
    func calls(_ bytes: [UInt8]) throws -> [Substring] {
      try Data(bytes).write(to: boards.url("attack.pt"))
      _ = try FeederProcess(
        [
          "-f", "-qq", "-o", "trace", "-e", "trace=execve,execveat,fork,vfork,openat,connect", program.path, "val",
          "attack.pt", "boards",
        ],
        in: boards.folder.url, program: "/usr/bin/strace")
      let lines = try boards.text("trace").split(separator: "\n")
      // Calls of several threads are cut in two lines, and get other descriptors from run to run.
      let others = ["ENOENT", "+++", "/proc/", "/sys/", "resumed>"]
      return lines.filter { line in !others.contains { line.contains($0) } }
        .map { $0.drop { $0.isNumber || $0 == " " }.prefix { $0 != "=" && $0 != "<" && $0 != ")" } }
    }
    // What the program does with a file that is no checkpoint at all.
    let usual = try calls(Array("nothing".utf8))
    for name in [
      "REDUCE of os.system", "STACK_GLOBAL of os.system", "a storage with an absolute path", "a path upwards",
    ] {
      let attack = try #require(HostileCheckpoints.all.first { $0.description == name })
      let more = try calls(attack.bytes).filter { !usual.contains($0) && !$0.contains("attack.pt") }
      #expect(more.isEmpty, "\(name): \(more)")
    }
  }

  // MARK: - With Python

  @Test(
    "Nested modules that torch alone saves: val of the .pt and of the imported file agree, and a run from it keeps its origin",
    .enabled(if: TorchPython.path != nil, "no Python with torch: tools/python makes one, or FEEDER_PYTHON names one"))
  func nestedModules() throws {
    let trained = try boards.train("boards", "--epochs", "1")
    #expect(trained.status == 0, "\(trained.messages)")
    try boards.write(
      """
      import sys, types, torch
      from torch import nn
      from safetensors import safe_open
      names = "ultralytics", "ultralytics.nn", "ultralytics.nn.tasks"
      for name in names: sys.modules[name] = types.ModuleType(name)
      class DetectionModel(nn.Module): pass
      DetectionModel.__module__ = "ultralytics.nn.tasks"
      sys.modules["ultralytics.nn.tasks"].DetectionModel = DetectionModel
      net = DetectionModel()
      with safe_open("runs/train/weights/best.safetensors", "pt") as file:
          import json
          net.names = dict(enumerate(json.loads(file.metadata()["names"])))
          for key in file.keys():
              part, (*path, leaf) = net, key.split(".")
              for name in path:
                  if name not in part._modules: part.add_module(name, nn.Module())
                  part = part._modules[name]
              value = file.get_tensor(key)
              if leaf in ("weight", "bias"): part.register_parameter(leaf, nn.Parameter(value))
              else: part.register_buffer(leaf, value)
      torch.save({"ema": net, "model": None, "license": "MIT", "version": "1.2"}, "a.pt")
      """, to: "save.py")
    let saved = try TorchPython.run(TorchPython.path, ["save.py"], in: boards.folder.url)
    #expect(saved.status == 0, "\(saved.messages)")
    let run = try boards.feeder("import", "a.pt", "--out", "b.safetensors", "--json")
    #expect(run.status == 0, "\(run.messages)")
    #expect(try run.json()["model"] as? String == "yolov8n")
    #expect(try metadata("b.safetensors")["origin_license"] == "MIT")
    let size = ["--image-size", "64", "--json"]
    let documents = try ["a.pt", "b.safetensors", "runs/train/weights/best.safetensors"].map { path in
      let val = try FeederProcess(["val", path, "boards"] + size, in: boards.folder.url)
      #expect(val.status == 0, "\(val.messages)")
      return val.output
    }
    #expect(Set(documents).count == 1)
    let next = try boards.train(
      "boards", "--weights", "a.pt", "--epochs", "2", "--out", "runs/next", "--stop-after-steps", "1")
    #expect(next.status == 0 && next.messages.contains("licence MIT"), "\(next.messages)")
    #expect(try metadata("runs/next/weights/last.safetensors")["origin_version"] == "1.2")
    let resumed = try boards.feeder("train", "--resume", "runs/next", "--stop-after-steps", "0")
    #expect(resumed.status == 0, "\(resumed.messages)")
    #expect(try metadata("runs/next/weights/best.safetensors")["origin_license"] == "MIT")
    let report = try boards.feeder("report", "runs/next")
    #expect(report.messages.contains("licence MIT"), "\(report.messages)")
    #expect(try boards.text("runs/next/report.html").contains("licence MIT"))
  }

  @Test(
    "Every tensor of files that the ultralytics package saves is bit-equal to torch's in float32",
    .enabled(if: TorchPython.ultralytics != nil, "no ultralytics: tools/bench/peers installs it into .deps/peers"),
    arguments: ["yolov8n", "yolov8s-p2"])
  func published(model: String) throws {
    try boards.write(
      """
      import struct, json, shutil, sys
      import torch
      from ultralytics import YOLO
      net = YOLO(f"{sys.argv[1]}.yaml")
      net.save("saved.pt")
      net.add_callback("on_model_save", lambda trainer: shutil.copy(trainer.last, "running.pt"))
      net.train(data="boards/data.yaml", epochs=1, imgsz=64, batch=4, workers=0, device="cpu", plots=False, amp=False, project=".", name="u")
      shutil.copy("u/weights/best.pt", "best.pt")
      """, to: "save.py")
    let saved = try TorchPython.run(TorchPython.ultralytics, ["save.py", model], in: boards.folder.url)
    #expect(saved.status == 0, "\(saved.messages)")
    try boards.write(
      """
      import json, struct, sys
      import torch
      source, target = sys.argv[1:]
      checkpoint = torch.load(source, weights_only=False)
      state = (checkpoint.get("ema") or checkpoint["model"]).float().state_dict()
      data = open(target, "rb").read()
      length = struct.unpack("<Q", data[:8])[0]
      header = json.loads(data[8:8 + length])
      header.pop("__metadata__")
      assert set(header) == set(state), set(header) ^ set(state)
      for name, value in state.items():
          begin, end = header[name]["data_offsets"]
          assert header[name]["shape"] == list(value.shape), name
          assert value.contiguous().numpy().tobytes() == data[8 + length + begin:8 + length + end], name
      """, to: "compare.py")
    for name in ["saved", "running", "best"] {
      let run = try boards.feeder("import", "\(name).pt", "--out", "\(name).safetensors")
      #expect(run.status == 0 && run.output.contains(model), "\(run.messages)")
      let compared = try TorchPython.run(
        TorchPython.ultralytics, ["compare.py", "\(name).pt", "\(name).safetensors"], in: boards.folder.url)
      #expect(compared.status == 0, "\(name): \(compared.messages)")
      #expect(try metadata("\(name).safetensors")["origin_license"]?.hasPrefix("AGPL-3.0") == true)
    }
  }
}
