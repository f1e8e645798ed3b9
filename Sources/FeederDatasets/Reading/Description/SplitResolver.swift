import FeederCore
import FeederFiles
import Foundation

/// Where the images of a split are.
struct SplitPlan: Sendable {
  /// Folders, lists and images.
  let sources: [SplitImages.Source]
  /// What a person should know of how they were found.
  let notes: [String]
  /// Why the split cannot be read; nil if it can.
  let problem: DatasetError?

  /// The sources in a message.
  var place: String { sources.map(\.path).joined(separator: ", ") }
}

/// Turns the paths of a description into folders and lists that are there.
struct SplitResolver {
  /// The folder that the paths are relative to.
  let root: URL
  /// True if the description names no split.
  let isUnsplit: Bool
  private let description: DatasetDescription
  private let home: URL

  /// Looks at `path`. Throws `DatasetError.configuration` if it leads to no folder.
  init(_ description: DatasetDescription, file: URL) throws {
    self.description = description
    isUnsplit = description.sources[.train] == nil && description.sources[.val] == nil
    home = file.deletingLastPathComponent()
    root = description.path.map { [home] in Self.resolve($0.text, against: home) } ?? home
    guard FileBytes.isFolder(root.path) else {
      throw DatasetError.configuration(
        file: description.file, line: description.path?.line,
        problem: "'path' names \(root.path), which is not a folder; without 'path' the folder of this file counts")
    }
  }

  /// The error for a split that the description does not name.
  func missing(_ split: Split) -> DatasetError {
    let advice = split == .val ? ", or let 'feeder prepare' take a share of 'train' for it" : ""
    return .configuration(
      file: description.file, line: nil,
      problem: "has no '\(split)': name the folder of its images, as in '\(split): images/\(split)'" + advice)
  }

  /// The plan of each split that is named. A `test` that is missing is no error before somebody reads it: exports name one that they
  /// do not hold.
  func plans() throws -> [Split: SplitPlan] {
    if isUnsplit { return [.train: SplitPlan(sources: [.folder(unsplitFolder)], notes: [], problem: nil)] }
    var plans: [Split: SplitPlan] = [:]
    for split in Split.allCases {
      guard let fields = description.sources[split] else { continue }
      do {
        let found = try fields.map { try source($0, split) }
        plans[split] = SplitPlan(sources: found.map(\.source), notes: found.compactMap(\.note), problem: nil)
      } catch let error as DatasetError where split == .test {
        plans[split] = SplitPlan(sources: [], notes: [], problem: error)
      }
    }
    return plans
  }

  /// The folder of images that nobody split: `images`, in any case, or else the data set's own.
  private var unsplitFolder: String {
    // A list of classes may lie among the labels.
    let base = root.lastPathComponent == "labels" ? root.deletingLastPathComponent() : root
    let names = FolderListing(base.path)?.items.map(\.name) ?? []
    let found = names.filter { $0.lowercased() == "images" }.sorted().last
    return found.map { base.appending(path: $0).path } ?? base.path
  }

  private func source(
    _ field: DatasetDescription.Field, _ split: Split
  ) throws -> (source: SplitImages.Source, note: String?) {
    let wanted = Self.resolve(field.text, against: root).path
    func fail(_ problem: String) -> DatasetError {
      .configuration(file: description.file, line: field.line, problem: "'\(split)' names \(wanted), which \(problem)")
    }
    guard let (path, isElsewhere) = find(field.text, split) else {
      throw fail(DeadLink.problem(wanted) ?? "is missing")
    }
    let note = isElsewhere ? "\(wanted) is missing; \(path) is read in its place" : nil
    if FileBytes.isFolder(path) { return (.folder(path), note) }
    if path.lowercased().hasSuffix(".txt") { return (.list(path), note) }
    guard FileKind(path).isImage else { throw fail("is not a folder, an image or a .txt file of image paths") }
    return (.image(path), note)
  }

  /// What a path leads to, and true if that is not the very path: the first that is there of the path itself, without the `../` that
  /// exports begin with, and with another word for `val`.
  private func find(_ text: String, _ split: Split) -> (path: String, isElsewhere: Bool)? {
    var texts = [text]
    if text.contains("\\") { texts.append(text.replacing("\\", with: "/")) }
    for text in texts {
      for base in [root, home] {
        let path = Self.resolve(text, against: base).path
        if FileBytes.status(path) != nil { return (path, base != root) }
      }
    }
    for var text in texts {
      while text.hasPrefix("../") {
        text.removeFirst(3)
        for name in [text] + Self.otherNames(of: text, split) {
          for base in [root, home] {
            let path = Self.resolve(name, against: base).path
            if FileBytes.status(path) != nil { return (path, true) }
          }
        }
      }
    }
    return nil
  }

  /// A path of the split `val` with the folder `valid` for `val`, and the other way round.
  private static func otherNames(of text: String, _ split: Split) -> [String] {
    guard split == .val else { return [] }
    let words: Set<Substring> = ["val", "valid", "validation"]
    let parts = text.split(separator: "/")
    guard let place = parts.firstIndex(where: words.contains) else { return [] }
    return words.sorted().map { word in
      var parts = parts
      parts[place] = word
      return parts.joined(separator: "/")
    }
  }

  private static func resolve(_ text: String, against base: URL) -> URL {
    let url = text.hasPrefix("/") ? URL(filePath: text) : base.appending(path: text)
    return url.standardizedFileURL
  }
}
