import Foundation

/// The limits of Tests/thresholds.json.
struct Thresholds: Decodable {
  /// Most blocks that the loader may allocate per batch, by cache form.
  let allocationsPerBatch: [String: Double]
  /// Least share of the bare floor's images per second that a loading bench must reach, by bench.
  let ratioToFloor: [String: Double]

  /// Reads the file. Throws if it is not there or not of this form.
  static func read() throws -> Thresholds {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Thresholds.self, from: Data(contentsOf: tests.appending(path: "thresholds.json")))
  }
}
