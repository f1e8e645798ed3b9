import FeederDatasets
import Foundation

/// The images that a user names on the command line: files, and folders of JPEG files.
enum PredictionImages {
  /// One entry a file, named as the file without its ending. Throws for what is missing, and for two files of one name.
  static func entries(_ paths: [String]) throws -> [DatasetEntry] {
    var files: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw CommandError("\(path): no such image")
      }
      guard isFolder.boolValue else {
        files.append(path)
        continue
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      let found = names.filter { ["jpg", "jpeg"].contains(($0 as NSString).pathExtension.lowercased()) }
      guard !found.isEmpty else { throw CommandError("\(path): no JPEG files in this folder") }
      files += found.map { (path as NSString).appendingPathComponent($0) }
    }
    var seen: [String: String] = [:]
    return try files.map { file in
      let id = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
      if let other = seen[id] {
        throw CommandError("\(file) and \(other) have the same name: predict them in two runs, with another --out")
      }
      seen[id] = file
      return DatasetEntry(imageID: id, imagePath: file, labelPath: "", labels: [])
    }
  }
}
