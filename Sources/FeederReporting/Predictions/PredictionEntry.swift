import FeederCore
import FeederMetrics
import Foundation

/// One entry of a predictions file, as written there.
struct PredictionEntry: Decodable {
  /// The image of an entry: a name, or a number that stands for a name.
  enum ImageID {
    case text(String)
    case number(Int)
  }

  /// The fault of an entry, in words that follow its position.
  struct Problem: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  let imageID: ImageID
  /// The image's file name, which some tools write as well.
  let fileName: String?
  /// The category_id in the file, which counts from 0 or from 1.
  let categoryID: Int
  private let numbers: [Double]
  private let score: Double

  private enum CodingKeys: String, CodingKey {
    case imageID = "image_id"
    case fileName = "file_name"
    case categoryID = "category_id"
    case numbers = "bbox"
    case score
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    if let number = try? fields.decode(Int.self, forKey: .imageID) {
      imageID = .number(number)
    } else {
      imageID = .text(try fields.decode(String.self, forKey: .imageID))
    }
    fileName = try? fields.decode(String.self, forKey: .fileName)
    guard let whole = Int(exactly: try fields.decode(Double.self, forKey: .categoryID)) else {
      throw DecodingError.dataCorruptedError(forKey: .categoryID, in: fields, debugDescription: "not a whole number")
    }
    categoryID = whole
    numbers = try fields.decode([Double].self, forKey: .numbers)
    score = try fields.decode(Double.self, forKey: .score)
  }

  /// The entry as a detection whose class is the category_id. Throws `Problem` if a number is out of range.
  func detection() throws -> Detection {
    guard (-Self.largestCategory...Self.largestCategory).contains(categoryID) else {
      throw Problem("category_id \(categoryID) is no class")
    }
    guard numbers.count == 4 else { throw Problem("bbox has \(numbers.count) numbers instead of x, y, width, height") }
    let (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3])
    guard numbers.allSatisfy({ abs($0) <= Self.largestCoordinate }) else {
      throw Problem("bbox \(numbers) has a number beyond \(Int(Self.largestCoordinate)) pixels")
    }
    guard width >= 0, height >= 0 else {
      throw Problem("bbox has the negative size \(width) x \(height); it is x, y, width, height")
    }
    guard score >= 0, score <= 1 else {
      let hint = score > 1 && score <= 100 ? "; divide it by 100 if it is in percent" : ""
      throw Problem("score \(score) is not within 0 to 1\(hint)")
    }
    return Detection(box: Box(x1: x, y1: y, x2: x + width, y2: y + height), classID: categoryID, score: score)
  }

  /// Larger than any image, and small enough that areas stay finite.
  private static let largestCoordinate = 1e9
  private static let largestCategory = 1_000_000_000

  /// All entries of a file. Throws `ReportingError` with the first broken one.
  static func all(in url: URL) throws -> [PredictionEntry] {
    let data = try WholeFile.read(url)
    do {
      return try JSONDecoder().decode([PredictionEntry].self, from: data)
    } catch {
      throw diagnosis(of: data, file: url.path, error)
    }
  }

  /// Finds the broken entry by decoding each separately. This is slow, so it runs only for a file that is refused.
  private static func diagnosis(of data: Data, file: String, _ error: any Error) -> ReportingError {
    func refuse(_ problem: String) -> ReportingError { .predictions(file: file, entry: nil, problem: problem) }
    let hasMark = data.starts(with: [0xEF, 0xBB, 0xBF])
    let first = data.dropFirst(hasMark ? 3 : 0).first { !JSONPieces.isSpace($0) }
    if data.starts(with: [0x1F, 0x8B]) { return refuse("is gzip-compressed; unpack it") }
    if isJSONLines(data) { return refuse("is JSON lines, one object per line; write one list of them, with commas") }
    if case DecodingError.valueNotFound(_, let context) = error, context.codingPath.isEmpty {
      return refuse("is null, not a list of predictions")
    }
    if case DecodingError.typeMismatch(_, let context) = error, context.codingPath.isEmpty {
      return refuse("holds no array of predictions; COCO results JSON begins with '['")
    }
    guard first == UInt8(ascii: "[") else { return refuse("is not JSON") }
    for (index, part) in JSONPieces(data).enumerated() {
      do {
        _ = try JSONDecoder().decode(PredictionEntry.self, from: part)
      } catch {
        return .predictions(file: file, entry: index, problem: words(for: error, in: part))
      }
    }
    return refuse(hasMark ? "is not JSON" : "is cut off or damaged: the JSON array does not end")
  }

  /// True if the first line is a whole object and another line follows.
  private static func isJSONLines(_ data: Data) -> Bool {
    let lines = data.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
    return lines.count == 2 && (try? JSONSerialization.jsonObject(with: lines[0])) is [String: Any]
      && lines[1].first { !JSONPieces.isSpace($0) } == UInt8(ascii: "{")
  }

  private static func words(for error: any Error, in part: Data) -> String {
    func key(_ path: [any CodingKey]) -> String { path.first?.stringValue ?? "the entry" }
    switch error {
    case DecodingError.keyNotFound(let missing, _): return "\(missing.stringValue) is missing"
    case DecodingError.valueNotFound(_, let context): return "\(key(context.codingPath)) is null"
    case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context):
      if let field = context.codingPath.first {
        return "\(field.stringValue) is not \(wanted[field.stringValue] ?? "as it must be")"
      }
      let text = String(decoding: part, as: UTF8.self)
      if text.contains("NaN") || text.contains("Infinity") { return "NaN or Infinity, which are not numbers in JSON" }
      return text.first == "{" ? "is not JSON" : "is not an object"
    default: return "is not JSON"
    }
  }

  private static let wanted = [
    "image_id": "a name or a whole number", "category_id": "a whole number", "bbox": "a list of 4 numbers",
    "score": "a number",
  ]
}
