import FeederCore
import FeederFiles
import Foundation

extension Dataset {
  /// The images of a split and what was met; its bad lines are not judged. Empty only for a share of too few images.
  package func contents(of split: Split) throws -> SplitContents {
    let plan = try plan(split)
    let found = try SplitImages(plan.sources, bases: bases)
    try refuseEmpty(found, plan)
    let matching = try LabelMatching(found, shortName: shortName)
    var findings = DatasetFindings()
    findings.note(found, plan.notes, shortName: shortName)
    findings.note(matching)
    try refuseMismatch(findings, found, split)

    var members = Array(found.images.indices)
    if isShared, split == .train || share(of: split) > 0 {
      let ids = found.images.map(\.id)
      let splits = rule.splits(of: ids)
      members = splits.indices.filter { splits[$0] == split }
      if split != .train { findings.notes.append(rule.note(split, members.map { ids[$0] }, of: ids)) }
    }
    let entries = try members.map { index in
      let (image, labelPath) = (found.images[index], matching.labelPaths[index])
      guard matching.isFound[index] else {
        return DatasetEntry(imageID: image.id, imagePath: image.path, labelPath: labelPath, labels: [])
      }
      let file = try LabelFile(path: labelPath, style: labelStyle)
      findings.note(file.tally, file.badLines, file: labelPath, name: shortName(labelPath))
      return DatasetEntry(
        imageID: image.id, imagePath: image.path, labelPath: labelPath, labels: file.labels, tally: file.tally)
    }
    return SplitContents(entries: entries, findings: findings)
  }

  private func refuseEmpty(_ found: SplitImages, _ plan: SplitPlan) throws {
    guard let first = found.images.first else {
      let count = found.otherImages.count
      throw DatasetError.images(
        folder: plan.place,
        problem: "holds no \(FileKind.readableEither) files"
          + (count > 0 ? " (\(count) images of other kinds are not read)" : ""))
    }
    guard found.deadLinks.count < found.images.count else {
      throw DatasetError.images(
        folder: plan.place,
        problem: "all \(found.images.count) images are links to files that are gone, as \(first.path), which "
          + (DeadLink.problem(first.path) ?? "is gone"))
    }
  }

  private func refuseMismatch(_ findings: DatasetFindings, _ found: SplitImages, _ split: Split) throws {
    let (unmatched, extra) = (findings.unmatched, findings.extraLabels)
    guard !skipsBadLabels, (unmatched.count + extra.count) * 100 > found.images.count else { return }
    var problems: [SettingLine] = []
    if !unmatched.isEmpty {
      let match = unmatched.count == 1 ? "file matches" : "files match"
      problems += [
        "\(unmatched.count) label \(match) no image of '\(split.rawValue)', which has \(found.images.count): \(unmatched.names) "
          + "(give them the names of their images, take them away, or leave them out with \(setting: "skip_bad_labels"))"
      ]
    }
    if !extra.isEmpty {
      problems += [
        "\(extra.count) label \(extra.count == 1 ? "file" : "files") of '\(split.rawValue)' would not be read because an image has "
          + "one label file: \(extra.names) (take them away, or leave them out with \(setting: "skip_bad_labels"))"
      ]
    }
    throw DatasetError.labelFiles(folder: root.path, problem: .joined(problems, by: "; "))
  }
}
