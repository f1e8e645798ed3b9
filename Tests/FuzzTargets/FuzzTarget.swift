/// A kind of file that may come from a stranger, with the parser that reads it and the code that uses what the parser lets through.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case cache, deeppcb, jpeg, labels, notes, predictions, results, telemetry, weights, yaml

  /// Reads `bytes` as a file of this kind, as a command would, and uses all that is accepted; false where it is refused.
  ///
  /// Refusing is fine, in words that can be made. A trap, a hang or a memory bomb is a finding.
  @discardableResult
  package func read(_ bytes: [UInt8]) -> Bool {
    attempt {
      switch self {
      case .cache: try readCache(bytes)
      case .deeppcb: try readDeepPCB(bytes)
      case .jpeg: try readJPEG(bytes)
      case .labels: try readLabels(bytes)
      case .notes: try readNotes(bytes)
      case .predictions: try readPredictions(bytes)
      case .results: try readResults(bytes)
      case .telemetry: try readTelemetry(bytes)
      case .weights: try readWeights(bytes)
      case .yaml: try readYAML(bytes)
      }
    }
  }

  /// Does `work`; false where it is refused, which must be said in words.
  @discardableResult
  func attempt(_ work: () throws -> Void) -> Bool {
    do {
      try work()
      return true
    } catch {
      precondition(!"\(error)".isEmpty, "a refusal says why")
      return false
    }
  }

  /// First inputs, made by Feeder's own writers: small files that are accepted.
  package func seeds() throws -> [[UInt8]] {
    switch self {
    case .cache: try cacheSeeds()
    case .deeppcb: [Array("31 53 66 84 3\n200 10 233 40 6".utf8), Array("31,53 , 66 84,3\r\n".utf8)]
    case .jpeg: try jpegSeeds()
    case .labels: labelSeeds()
    case .notes: try noteSeeds()
    case .predictions: try predictionSeeds()
    case .results: try resultSeeds()
    case .telemetry: try telemetrySeeds()
    case .weights: try weightSeeds()
    case .yaml: yamlSeeds()
    }
  }
}
