import FeederCodecs
import Foundation

/// What a data set says of itself, whichever file says it; where its paths lead is `Dataset`'s business.
package struct DatasetDescription {
  /// A text and the line it stands on, counted from 1.
  struct Field: Equatable {
    var text: String
    var line: Int?
  }

  /// The file that says it.
  package let file: String
  /// The folder that paths are relative to, if the file names one.
  var path: Field?
  /// Folders, lists and images by split; a data set whose images are not split has none.
  var sources: [Split: [Field]] = [:]
  /// Class names; a class is its place in this list.
  package let classNames: [String]
  /// True if key points follow each box.
  var hasKeyPoints = false
  /// The window of images of more than 8 bits, if the file names one.
  package var window: LevelWindow?

  /// Reads `file`: a data.yaml, a darknet data file or a list of classes, told apart by its name.
  package init(file: String) throws {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    if name.lowercased().hasSuffix(".data") {
      self = try DarknetData(file: file).description
    } else if ClassList.names.contains(name.lowercased()) {
      self.file = file
      classNames = try ClassList(file: file).classNames
    } else {
      self = try DataYAML(file: file).description
    }
  }

  init(
    file: String, path: Field?, sources: [Split: [Field]], classNames: [String], hasKeyPoints: Bool
  ) {
    self.file = file
    self.path = path
    self.sources = sources
    self.classNames = classNames
    self.hasKeyPoints = hasKeyPoints
  }

  /// The file in `folder` that describes a data set: data.yaml, else the only YAML file with class names, else the only darknet
  /// data file, else a list of classes; nil if there is none. Throws `DatasetError.configuration` if several serve.
  package static func find(in folder: String) throws -> String? {
    if PathText.exists(folder + "/data.yaml") { return folder + "/data.yaml" }
    let names = (FolderListing(folder)?.items.map(\.name) ?? []).sorted()
    func only(_ found: [String]) throws -> String? {
      guard found.count < 2 else {
        throw DatasetError.configuration(
          file: folder, line: nil, problem: "holds \(found.joined(separator: " and ")); name the one to read")
      }
      return found.first.map { folder + "/" + $0 }
    }
    let yaml = names.filter { name in
      let isYAML = name.lowercased().hasSuffix(".yaml") || name.lowercased().hasSuffix(".yml")
      return isYAML && DataYAML.hasClasses(folder + "/" + name)
    }
    if let file = try only(yaml) { return file }
    if let file = try only(names.filter { $0.lowercased().hasSuffix(".data") }) { return file }
    let lists = names.filter { ClassList.names.contains($0.lowercased()) }
    if let file = try only(lists) { return file }
    // Label tools also leave the list among the labels.
    return (FolderListing(folder + "/labels")?.items.map(\.name) ?? []).sorted()
      .first { ClassList.names.contains($0.lowercased()) }.map { folder + "/labels/" + $0 }
  }
}
