/// A YOLO layout: a data.yaml, a data file of darknet, or a list of classes beside images and labels.
enum YOLOLayout: DatasetImporter {
  static let name = "yolo"
  static let marks = "a data.yaml, obj.data or classes.txt (YOLO)"

  static func recognises(_ source: String) throws -> Bool {
    guard FileBytes.isFolder(source) else {
      return [".yaml", ".yml", ".data", "classes.txt"].contains { source.lowercased().hasSuffix($0) }
    }
    return try PathText.exists(source + "/data.yaml") || DatasetDescription.find(in: source) != nil
  }

  static func read(_ source: String, _ settings: ImportSettings) throws -> ImportedDataset {
    let dataset = try Dataset.open(
      source, skipsBadLabels: settings.skipsBadLabels, valShare: settings.valShare)
    var images: [ImportedImage] = []
    var findings: [Split: DatasetFindings] = [:]
    for split in dataset.splits {
      // Too few images for a share of them: they are all for training.
      if split == .val, dataset.valShare > 0, try dataset.contents(of: split).entries.isEmpty { continue }
      let contents = try dataset.read(split)
      findings[split] = contents.findings
      images += contents.entries.map { entry in
        ImportedImage(
          split: split, imageID: entry.imageID, imagePath: entry.imagePath, labelPath: entry.labelPath,
          objects: .shares(entry.labels, entry.tally))
      }
    }
    if findings[.val] == nil {
      findings[.train]?.notes.append("no image is left for 'val'; the data set has no such split")
    }
    if let problem = dataset.problem(of: .test) { findings[.train]?.notes.append("'test' is left out: \(problem)") }
    return ImportedDataset(
      folder: dataset.root.path, classNames: dataset.classNames, images: images,
      hasOwnVal: dataset.valShare == 0 && findings[.val] != nil, findings: findings)
  }
}
