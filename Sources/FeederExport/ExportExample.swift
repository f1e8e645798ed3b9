import FeederCore
import FeederDetection
import FeederFiles
import FeederImaging
import FeederTorch
import Foundation

/// An image with all that must be found on it, so that whoever runs an exported file can check his code step by step: the
/// way from image to tensor by a hash, the run by some columns, the way to boxes by the rows.
package struct ExportExample: Encodable {
  /// The image.
  struct Picture: Encodable {
    let file: String
    let width: Int
    let height: Int
    let channels: Int
  }

  /// Where the image lies in the input.
  struct Placement: Encodable {
    let resizedWidth: Int
    let resizedHeight: Int
    let left: Int
    let top: Int
    let right: Int
    let bottom: Int
    let padding: UInt8
  }

  /// The input of the graph.
  struct Input: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    /// SHA-256 of the letterboxed pixels, C x H x W bytes, before any division.
    let bytesSha256: String
    /// SHA-256 of the numbers as they go into the graph, little-endian; a float is its byte divided by 255.
    let sha256: String
  }

  /// One anchor of `output0`.
  struct Column: Encodable {
    let anchor: Int
    let values: [Float]
  }

  /// One detection.
  struct Row: Encodable {
    let classId: Int
    let name: String
    let score: Float
    /// x1, y1, x2, y2 in pixels of the input.
    let box: [Double]
    /// The same box in pixels of the image, clipped to it.
    let imageBox: [Double]
  }

  /// What suppression keeps.
  struct Expected: Encodable {
    let conf: Float
    let iou: Float
    let maxDet: Int
    let rows: [Row]
  }

  let about = Self.purpose
  let model: String
  let image: Picture
  let placement: Placement
  let input: Input
  let columns: [Column]
  let expected: Expected

  private static let purpose = "feeder export: an image and what this model must find on it"
  /// The number of anchors, the best ones, of which the example gives all numbers.
  private static let mostColumns = 5

  /// The example of `network`, exported with `settings` to the file `model`, for `pixels`, which `file` holds. The image has
  /// the channels of the settings. Throws `EngineError`.
  package init(
    _ network: DetectionNetwork, _ settings: ExportSettings, classNames: [String], pixels: Pixels, file: String,
    model: String
  ) throws {
    precondition(pixels.channels == settings.channels, "the image has the channels of the input")
    self.model = model
    image = Picture(file: file, width: pixels.size.width, height: pixels.size.height, channels: pixels.channels)
    let geometry = Letterbox(source: pixels.size, target: settings.size)
    placement = Placement(
      resizedWidth: geometry.resized.width, resizedHeight: geometry.resized.height, left: geometry.padLeft,
      top: geometry.padTop, right: geometry.padRight, bottom: geometry.padBottom, padding: padValue)
    let bytes = Self.letterboxed(pixels, geometry)
    input = Input(settings, bytes)
    let output = try Self.predictions(network, settings, bytes)
    columns = try Self.columns(output)
    var suppression = NonMaximumSuppression()
    (suppression.confidence, suppression.overlap) = (settings.confidence, settings.overlap)
    suppression.largestCount = settings.largestCount
    let rows = try suppression(output)[0].map { found in
      let inImage = geometry.toSource(found.box).clipped(to: pixels.size)
      return Row(
        classId: found.classID, name: classNames[found.classID], score: found.score, box: Self.numbers(found.box),
        imageBox: Self.numbers(inImage))
    }
    expected = Expected(
      conf: settings.confidence, iou: settings.overlap, maxDet: settings.largestCount, rows: rows)
  }

  /// Detections on the image.
  package var rowCount: Int { expected.rows.count }

  /// The text of the file. Throws `EncodingError`.
  package func data() throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Recognises a file that Feeder wrote.
  package static let signature = FileSignature(start: "{\n  \"about\" : \"\(purpose)\"")

  /// C x H x W bytes.
  private static func letterboxed(_ pixels: Pixels, _ geometry: Letterbox) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: pixels.channels * geometry.target.width * geometry.target.height)
    pixels.withView { view in
      bytes.withUnsafeMutableBytes {
        letterbox(
          view, geometry: geometry, into: PlanarTarget($0, size: geometry.target, channels: view.channels),
          scratch: PixelScratch())
      }
    }
    return bytes
  }

  /// [1, 4 + classes, A] as our own forward pass gives it.
  private static func predictions(
    _ network: DetectionNetwork, _ settings: ExportSettings, _ bytes: [UInt8]
  ) throws -> Tensor {
    let size = settings.size
    return try withoutGradients {
      let values = try Tensor(bytes, shape: [1, settings.channels, size.height, size.width]).to(.float32) * (1.0 / 255)
      let images = try values.expanded([-1, 3, -1, -1]).contiguous(.channelsLast)
      let levels = try network(images, training: false)
      let anchors = try Anchors(network.design.strides, height: size.height, width: size.width)
      return try HeadOutput(levels: levels, classCount: network.classCount).predictions(anchors)
    }
  }

  private static func columns(_ output: Tensor) throws -> [Column] {
    let (rows, anchors) = (output.extent(1), output.extent(2))
    let values = try output.array(of: Float.self)
    func score(_ anchor: Int) -> Float { (4..<rows).reduce(0) { max($0, values[$1 * anchors + anchor]) } }
    let best = (0..<anchors).map { (score($0), $0) }.sorted { ($0.0, $1.1) > ($1.0, $0.1) }
    return best.prefix(mostColumns).map { _, anchor in
      Column(anchor: anchor, values: (0..<rows).map { values[$0 * anchors + anchor] })
    }
  }

  private static func numbers(_ box: Box) -> [Double] { [box.x1, box.y1, box.x2, box.y2] }
}

extension ExportExample.Input {
  init(_ settings: ExportSettings, _ bytes: [UInt8]) {
    let facts = InputFacts(settings)
    (name, type) = (facts.name, facts.type)
    shape = [1, settings.channels, settings.size.height, settings.size.width]
    bytesSha256 = SHA256.digits(bytes)
    sha256 =
      settings.input == .uint8
      ? bytesSha256 : SHA256.digits(ONNXTensor("", bytes.map { Float($0) / 255 }, [bytes.count]).bytes)
  }
}
