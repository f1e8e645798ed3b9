import FeederDatasets

/// A YOLO layout: a data.yaml, a data file of darknet, or a list of classes beside images and labels.
enum YOLOLayout: DatasetImporter {
  static let name = "yolo"

  static func recognises(_ source: SourceFolder) throws -> Recognition? {
    // Their data.yaml looks the same, but their labels are pixels.
    guard try OrientedBoxes.labelFiles(source).isEmpty else { return nil }
    if let file = source.chosen {
      let isOwn = [".yaml", ".yml", ".data", "classes.txt"].contains { file.lowercased().hasSuffix($0) }
      return isOwn ? .sure("\(source.shortName(file)) describes a data set") : nil
    }
    if PathText.exists(source.path("data.yaml")) { return .sure("it holds a data.yaml") }
    guard let file = try DatasetDescription.find(in: source.folder) else { return nil }
    let name = source.shortName(file)
    // Label tools of other formats leave a list of classes too.
    let isList = ClassList.names.contains(name.split(separator: "/").last?.lowercased() ?? "")
    return Recognition(reason: "it holds \(name)", isSure: !isList)
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    let dataset = try Dataset.open(
      source.chosen ?? source.folder, skipsBadLabels: settings.skipsBadLabels, rule: settings.rule)
    var images: [ImportedImage] = []
    var findings: [Split: DatasetFindings] = [:]
    for split in dataset.splits {
      // Too few images for a share of them: they are all for training.
      if dataset.share(of: split) > 0, try dataset.contents(of: split).entries.isEmpty { continue }
      let contents = try dataset.read(split)
      findings[split] = contents.findings
      images += contents.entries.map { entry in
        ImportedImage(
          split: split, imageID: entry.imageID, imagePath: entry.imagePath, labelPath: entry.labelPath,
          objects: .shares(entry.labels, entry.tally))
      }
    }
    for split in [Split.val, .test] where findings[split] == nil {
      guard split == .val || dataset.share(of: split) > 0 else { continue }
      findings[.train]?.notes.append("no image is left for '\(split)'; the data set has no such split")
    }
    if let problem = dataset.problem(of: .test) { findings[.train]?.notes.append("'test' is left out: \(problem)") }
    return ImportedDataset(
      folder: dataset.root.path, classNames: dataset.classNames, images: images,
      ownSplits: Set(dataset.splits.filter { $0 != .train && dataset.share(of: $0) == 0 }), findings: findings)
  }
}
