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
  /// The part of the training images that are `val`, if no split of that name is described; 0 if one is.
  let valShare: Double
  private let plans: [Split: SplitPlan]

  /// The share of val if nobody says another one.
  package static let defaultValShare = 0.2

  /// Opens `data`: a data.yaml, another file that describes a data set, or the folder that holds one. Reads no image and no label.
  ///
  /// `skipsBadLabels` leaves bad label lines out when labels are read. With `valShare`, that share of the training images becomes
  /// `val` if no `val` is described; without it, only images that nobody split are shared out. Throws `DatasetError` if the file is
  /// missing or wrong, or names a folder that is not there.
  package static func open(
    _ data: String, skipsBadLabels: Bool = false, valShare: Double? = nil
  ) throws -> Dataset {
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
    return try Dataset(DatasetDescription(file: file), skipsBadLabels: skipsBadLabels, valShare: valShare)
  }

  private init(_ description: DatasetDescription, skipsBadLabels: Bool, valShare: Double?) throws {
    self.skipsBadLabels = skipsBadLabels
    classNames = description.classNames
    labelStyle = LabelFile.Style(classCount: classNames.count, hasKeyPoints: description.hasKeyPoints)
    configurationURL = URL(filePath: description.file).absoluteURL.standardizedFileURL
    let resolver = try SplitResolver(description, file: configurationURL)
    root = resolver.root
    var plans = try resolver.plans()
    if plans[.val] == nil, let train = plans[.train] {
      // Whoever names images for training decided what is not for training.
      guard let share = valShare ?? (resolver.isUnsplit ? Self.defaultValShare : nil) else {
        throw resolver.missing(.val)
      }
      self.valShare = share
      if share > 0 { plans[.val] = train }
    } else {
      self.valShare = 0
    }
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

  /// Why a split that is described cannot be read; nil if it can, or is not described.
  func problem(of split: Split) -> DatasetError? { plans[split]?.problem }

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
  func shortName(_ path: String) -> String {
    path.hasPrefix(root.path + "/") ? String(path.dropFirst(root.path.count + 1)) : path
  }
}
