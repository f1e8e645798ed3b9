import FeederCodecs
import Foundation

/// A data set in a YOLO layout: the file that describes it, resolved and checked. Holds no images and no labels; `read` gives those.
package struct Dataset: Sendable {
  /// The file that describes it: data.yaml, a data file of darknet, or a list of classes.
  package let configurationURL: URL
  /// The folder that the paths of its splits are relative to.
  package let root: URL
  /// Class names; a class is its place in this list.
  package let classNames: [String]
  /// The splits that it has, in the order of `Split`.
  package let splits: [Split]
  /// True if bad label lines are left out instead of refused.
  package let skipsBadLabels: Bool
  /// How its label files are written.
  let labelStyle: LabelFile.Style
  /// Which of the training images are `val` or `test`, if no split of that name is described; its shares are 0 if one is.
  package let rule: SplitRule
  /// The window of images of more than 8 bits that the data set names; nil if it names none.
  package let window: LevelWindow?
  private let plans: [Split: SplitPlan]

  /// Opens `data`: a data.yaml, another file that describes a data set, or the folder that holds one. Reads no image and no label.
  ///
  /// `skipsBadLabels` leaves bad label lines out when labels are read. By a `rule`, training images become `val` and `test` if no such
  /// splits are described; without one, only images that nobody split are shared out. Throws `DatasetError` if the file is missing or
  /// wrong, or names a folder that is not there.
  package static func open(_ data: String, skipsBadLabels: Bool = false, rule: SplitRule? = nil) throws -> Dataset {
    var file = data
    if FileBytes.isFolder(data) {
      // The folder may be named with a slash at its end.
      guard let found = try DatasetDescription.find(in: URL(filePath: data).path) else {
        throw DatasetError.configuration(
          file: data, line: nil,
          problem: "holds no data.yaml; make one with 'feeder prepare' or 'feeder synth', or name another folder")
      }
      file = found
    }
    return try Dataset(DatasetDescription(file: file), skipsBadLabels: skipsBadLabels, rule: rule)
  }

  private init(_ description: DatasetDescription, skipsBadLabels: Bool, rule given: SplitRule?) throws {
    self.skipsBadLabels = skipsBadLabels
    classNames = description.classNames
    window = description.window
    labelStyle = LabelFile.Style(classCount: classNames.count, hasKeyPoints: description.hasKeyPoints)
    configurationURL = URL(filePath: description.file).absoluteURL.standardizedFileURL
    let resolver = try SplitResolver(description, file: configurationURL)
    root = resolver.root
    var plans = try resolver.plans()
    var rule = given ?? SplitRule()
    if plans[.val] == nil, let train = plans[.train] {
      // Whoever names images for training decided what is not for training.
      guard given != nil || resolver.isUnsplit else { throw resolver.missing(.val) }
      if rule.valShare > 0 { plans[.val] = train }
    } else {
      rule.valShare = 0
    }
    if plans[.test] == nil || plans[.test]?.problem != nil, let train = plans[.train], rule.testShare > 0 {
      plans[.test] = train
    } else {
      rule.testShare = 0
    }
    self.rule = rule
    guard plans[.train] != nil else { throw resolver.missing(.train) }
    self.plans = plans
    splits = Split.allCases.filter { [plans] in plans[$0]?.problem == nil && plans[$0] != nil }
  }

  /// The folders and lists that a split is read from, for messages.
  package func place(of split: Split) -> String { plans[split]?.place ?? root.path }

  /// The files that say what it holds: data.yaml and the lists that it names.
  package var describingFiles: [String] {
    let lists = splits.flatMap { plans[$0]?.sources ?? [] }.compactMap { source in
      if case .list(let path) = source { path } else { nil }
    }
    return [configurationURL.path] + lists
  }

  /// True if a split is a share of the training images.
  var isShared: Bool { rule.valShare > 0 || rule.testShare > 0 }

  /// The share of the training images that a split is; 0 if it is described.
  package func share(of split: Split) -> Double {
    switch split {
    case .train: 0
    case .val: rule.valShare
    case .test: rule.testShare
    }
  }

  /// Why a split that is described cannot be read; nil if it can, or is not described.
  package func problem(of split: Split) -> DatasetError? { plans[split]?.problem }

  /// Where the images of a split are. Throws `DatasetError.configuration` if the data set has no such split.
  func plan(_ split: Split) throws -> SplitPlan {
    guard let plan = plans[split] else {
      throw DatasetError.configuration(
        file: configurationURL.path, line: nil,
        problem: "has no '\(split)': name the folder of its images, as in '\(split): images/\(split)'")
    }
    if let problem = plan.problem { throw problem }
    return plan
  }

  /// The folders below which paths of image lists are looked for.
  var bases: [String] { [root.path, configurationURL.deletingLastPathComponent().path] }

  /// The path below the data set's folder if it lies there, for lines about a data set that is named elsewhere.
  package func shortName(_ path: String) -> String {
    path.hasPrefix(root.path + "/") ? String(path.dropFirst(root.path.count + 1)) : path
  }
}
