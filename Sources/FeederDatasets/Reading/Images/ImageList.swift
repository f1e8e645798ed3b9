import Foundation

/// A text file of image paths, one per line, as CVAT, darknet and Ultralytics use it for a split.
struct ImageList {
  /// The images, as absolute paths.
  private(set) var paths: [String] = []
  /// Those of `paths` that are not there.
  private(set) var missing: [String] = []
  /// How the paths were read if not as they stand; nil if they were.
  private(set) var note: String?

  private let file: String

  /// Some ten million lines.
  private static let largestFile = 1 << 30

  /// Reads `file`. A path that is not absolute is looked for below the folder of the list and then below `bases`; one that is not
  /// there is looked for without its first folders, which belong to another machine or of the tool that wrote the list.
  /// Throws `DatasetError` if the file cannot be read or not one image is there.
  init(_ file: String, bases: [String]) throws {
    self.file = file
    let bytes = try FileBytes.read(file, limit: Self.largestFile)
    guard let text = String(validating: bytes.dropFirst(TextBytes.markCount(bytes)), as: UTF8.self) else {
      throw DatasetError.source(file: file, line: nil, problem: "is not UTF-8 text; it wants one image path per line")
    }
    var finder = PathFinder(bases: [PathText.folder(of: file)] + bases)
    var absent: [(line: Int, path: String)] = []
    var lastMatch: PathFinder.Match?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let name = line.trimmingCharacters(in: .whitespaces)
      if name.isEmpty { continue }
      guard !name.unicodeScalars.contains("\0") else {
        throw DatasetError.source(file: file, line: index + 1, problem: "has a character that is no part of a path")
      }
      if let (path, match) = finder.find(name) {
        paths.append(path)
        if match.dropCount > 0 { lastMatch = match }
      } else {
        absent.append((index + 1, name))
      }
    }
    guard !paths.isEmpty || absent.isEmpty else {
      throw DatasetError.source(
        file: file, line: absent[0].line,
        problem: "names \(absent[0].path.prefix(200)), which is missing, as are all images of the list; looked below "
          + finder.bases.joined(separator: " and "))
    }
    guard !paths.isEmpty else { throw DatasetError.source(file: file, line: nil, problem: "lists no images") }
    missing = absent.map { finder.place(of: $0.path) }
    paths += missing
    if let match = lastMatch {
      let count = match.dropCount == 1 ? "folder" : "\(match.dropCount) folders"
      note = "paths of \(file) are read below \(match.base) without their first \(count)"
    }
  }
}
