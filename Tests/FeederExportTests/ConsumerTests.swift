import FeederCore
import FeederDetection
import FeederExport
import FeederTorch
import Foundation
import Testing

@Suite("Programs of others compute with our files what our own network computes", .serialized)
struct ConsumerTests {
  /// A file to write, and what must come out of it.
  private struct Case {
    let design: String
    var form = ExportSettings.Form.decoded
    var input = ExportSettings.Input.float
    var channels = 3
    var height = 64
    var width = 96
    var batch = 1
    var isFree = false
  }

  private static let cases = [
    Case(design: "yolov8n", height: 320, width: 320), Case(design: "yolov8n", form: .raw, height: 128),
    Case(design: "yolov8n", form: .detections, height: 160, width: 128), Case(design: "yolov8n", batch: 4),
    Case(design: "yolov8n", batch: 3, isFree: true), Case(design: "yolov8n", form: .raw, batch: 3, isFree: true),
    Case(design: "yolov8n", input: .uint8), Case(design: "yolov8n", input: .uint8, channels: 1),
    Case(design: "yolov8n", channels: 1), Case(design: "yolov8n", form: .detections, input: .uint8, channels: 1),
    Case(design: "yolov8s"), Case(design: "yolov8m"), Case(design: "yolov8l"),
    Case(design: "yolov8x", height: 32, width: 64),
    Case(design: "yolov8n-p2"), Case(design: "yolov8s-p2", form: .raw),
  ]

  @Test(
    "sizes, forms, channels, batches and sides: boxes within 0.001 px, scores within 0.00001",
    .enabled(if: ExportCheck.python != nil, ExportCheck.absent))
  func parity() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "feeder-export-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var networks: [String: DetectionNetwork] = [:]
    for item in Self.cases {
      let network = try networks[item.design] ?? TestNetwork.make(item.design)
      networks = [item.design: network]
      try Self.write(item, network, to: folder)
    }
    let (status, output) = try ExportCheck.run(["cases.py", folder.path])
    #expect(status == 0, "\(output)")
    #expect(output.split(separator: "\n").count == 2 * Self.cases.count, "\(output)")
  }

  private static func write(_ item: Case, _ network: DetectionNetwork, to folder: URL) throws {
    var settings = ExportSettings()
    (settings.form, settings.input, settings.channels) = (item.form, item.input, item.channels)
    settings.size = PixelSize(width: item.width, height: item.height)
    settings.batch = item.isFree ? nil : item.batch
    let name =
      "\(item.design)-\(item.form)-\(item.input)\(item.channels)-\(item.height)x\(item.width)-\(item.batch)"
      + (item.isFree ? "-free" : "")
    try Data(TestNetwork.model(network, settings).bytes).write(to: folder.appending(path: name + ".onnx"))
    let bytes = try TestNetwork.bytes(
      height: item.height, width: item.width, count: item.batch, channels: item.channels)
    let floats = try bytes.to(.float32) * (1.0 / 255)
    let output = try TestNetwork.predictions(network, floats.expanded([-1, 3, -1, -1]).contiguous())
    var values = [("images", item.input == .float ? floats : bytes), ("output0", output)]
    if item.form == .detections {
      let rows = try NonMaximumSuppression()(output)[0].map { found in
        [
          Float(found.box.x1), Float(found.box.y1), Float(found.box.x2), Float(found.box.y2), found.score,
          Float(found.classID),
        ]
      }
      #expect(rows.count > 5, "\(name)")
      values.append(("detections", try Tensor(rows.flatMap { $0 }, shape: [rows.count, 6])))
    }
    let strides = network.design.strides.map(String.init).joined(separator: ",")
    var file = Safetensors.header(
      values.map { ($0.0, $0.1.type == .uint8 ? .u8 : .f32, $0.1.shape) },
      metadata: ["form": item.form.rawValue, "strides": strides])
    for (_, tensor) in values {
      var data = [UInt8](repeating: 0, count: tensor.count * tensor.type.byteCount)
      try data.withUnsafeMutableBytes { try tensor.copy(to: $0) }
      file += data
    }
    try Data(file).write(to: folder.appending(path: name + ".safetensors"))
  }
}

/// The Python of tools/export-check.
enum ExportCheck {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let python: String? = {
    let path = root.appending(path: ".deps/export-check/bin/python").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()
  static let absent: Comment = "no onnx, ONNX Runtime and OpenVINO: tools/export-check --install installs them"

  /// Runs a script of tools/export-check.d; gives its status and all that it printed.
  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: python ?? "")
    process.arguments = arguments
    process.currentDirectoryURL = root.appending(path: "tools/export-check.d")
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
