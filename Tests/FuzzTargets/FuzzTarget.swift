/// A kind of file that may come from a stranger, with the parser that reads it and the code that uses what the parser lets through.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case bmp, cache, checkpoint, csvExport, deeppcb, groups, jpeg, jsonExport, labels, mask, notes, png, pnm, predictions,
    results
  case telemetry, textExport, tiff, webp, weights, xmlExport, yaml

  /// Reads `bytes` as a file of this kind, as a command would, and uses all that is accepted; false if it is refused.
  ///
  /// Refusing is fine, in words that can be made. A trap, a hang or a memory bomb is a finding.
  @discardableResult
  package func read(_ bytes: [UInt8]) -> Bool {
    attempt {
      switch self {
      case .cache: try readCache(bytes)
      case .checkpoint: try readCheckpoint(bytes)
      case .csvExport: try readCSVExport(bytes)
      case .deeppcb: try readDeepPCB(bytes)
      case .bmp, .jpeg, .pnm, .tiff, .webp: try readImage(bytes)
      case .groups: try readGroups(bytes)
      case .jsonExport: try readJSONExport(bytes)
      case .labels: try readLabels(bytes)
      case .mask: try readMask(bytes)
      case .notes: try readNotes(bytes)
      case .png: try readPNG(bytes)
      case .predictions: try readPredictions(bytes)
      case .results: try readResults(bytes)
      case .telemetry: try readTelemetry(bytes)
      case .textExport: try readTextExport(bytes)
      case .weights: try readWeights(bytes)
      case .xmlExport: try readXMLExport(bytes)
      case .yaml: try readYAML(bytes)
      }
    }
  }

  /// Does `work`; false if it is refused, which must be said in words.
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
    case .bmp: bmpSeeds()
    case .cache: try cacheSeeds()
    case .checkpoint: checkpointSeeds()
    case .csvExport: csvExportSeeds()
    case .groups: [Array("image,group\na.jpg,1\nb.jpg,\"2\"\n".utf8)]
    case .deeppcb: [Array("31 53 66 84 3\n200 10 233 40 6".utf8), Array("31,53 , 66 84,3\r\n".utf8)]
    case .jpeg: try jpegSeeds()
    case .jsonExport: jsonExportSeeds()
    case .labels: labelSeeds()
    case .mask: [[4, 0, 255, 0, 255, 255, 0, 255, 0, 7]]
    case .notes: try noteSeeds()
    case .png: pngSeeds()
    case .pnm: pnmSeeds()
    case .predictions: try predictionSeeds()
    case .results: try resultSeeds()
    case .telemetry: try telemetrySeeds()
    case .textExport: textExportSeeds()
    case .tiff: tiffSeeds()
    case .webp: []  // Feeder writes none; the corpus has some of Pillow's
    case .weights: try weightSeeds()
    case .xmlExport: xmlExportSeeds()
    case .yaml: yamlSeeds()
    }
  }
}
