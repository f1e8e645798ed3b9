import FeederCodecs
import FeederCore
import FeederDatasets
import FeederFiles
import FeederRun
import Foundation

/// The images that a user names on the command line: files, and folders with their sub-folders.
struct PredictionImages {
  /// One entry per image. Its id is the file's name without ending, with the path below the named folder if a
  /// sub-folder holds it.
  let entries: [DatasetEntry]
  /// One line per file that was left out.
  let lines: [String]

  /// Lists `paths`. Throws `CommandError` if a path does not exist, if a folder holds no images, or if two images have
  /// the same id; `DatasetError` if a folder cannot be read.
  init(_ paths: [String]) throws {
    var images: [(id: String, path: String)] = []
    var lines: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandError(path + ": " + Self.absence(path))
      }
      guard isFolder.boolValue else {
        images.append((((path as NSString).lastPathComponent as NSString).deletingPathExtension, path))
        continue
      }
      let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      let listing = try ImageListing(folder: folder)
      lines += listing.lines(path)
      guard !listing.images.isEmpty else {
        let problem = path + ": no \(ImageCodecs.names) files in this folder"
        throw CommandError(([problem] + listing.lines("there")).joined(separator: "; "))
      }
      images += listing.images
    }
    var seen: [String: String] = [:]
    entries = try images.map { id, path in
      if let other = seen.updateValue(path, forKey: id) {
        throw CommandError("\(path) and \(other) have the same name: predict them in two runs, with another --out")
      }
      return DatasetEntry(imageID: id, imagePath: path, labelPath: "", labels: [])
    }
    self.lines = lines
  }

  /// Why a path that the user named has no file.
  private static func absence(_ path: String) -> String {
    if path.unicodeScalars.contains("\u{FFFD}") { return "its name is not UTF-8; rename the file" }
    return DeadLink.problem(path) ?? "no such image"
  }
}
