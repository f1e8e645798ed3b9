import FeederCore
import FeederDatasets
import FeederFiles
import Foundation

/// DeepPCB as its authors publish it (Tang et al., "Online PCB defect detector on a new PCB defect dataset", 2019), with its
/// oddities: labels are separated by spaces although its README shows commas; a list says `STEM.jpg` where the file is
/// `STEM_test.jpg`; no list ends in a newline.
enum DeepPCB: DatasetImporter {
  static let name = "deeppcb"

  /// Types 1 to 6, which become classes 0 to 5.
  static let classNames = ["open", "short", "mousebite", "spur", "copper", "pin-hole"]
  /// The lists of pairs and the splits they become.
  static let lists: [(file: String, split: Split)] = [("trainval.txt", .train), ("test.txt", .val)]

  /// A pair of a list.
  struct Pair {
    let list: String
    let line: Int
    let image: String
    let label: String
  }

  static func recognises(_ source: SourceFolder) -> Recognition? {
    // A data.yaml says better what a folder holds.
    guard source.chosen == nil, !PathText.exists(source.path("data.yaml")) else { return nil }
    return lists.first { FileBytes.status(source.path($0.file)) != nil }.map { .sure("it holds \($0.file)") }
  }

  static func read(_ source: SourceFolder, _ settings: ImportSettings) throws -> ImportedDataset {
    ImportedDataset(
      folder: source.folder, classNames: classNames, images: try images(source.folder), ownSplits: [.val])
  }

  /// All pairs of both lists with their labels, sorted by name in each split. Throws `DatasetError`.
  private static func images(_ folder: String) throws -> [ImportedImage] {
    var seen: [String: (list: String, line: Int)] = [:]
    var images: [ImportedImage] = []
    for (file, split) in lists {
      var members: [ImportedImage] = []
      let pairs = try pairs(of: folder + "/" + file, below: folder)
      guard !pairs.isEmpty else {
        throw DatasetError.source(file: folder + "/" + file, line: nil, problem: "lists no images")
      }
      for pair in pairs {
        let stem = URL(filePath: pair.image).deletingPathExtension().lastPathComponent
        if let first = seen.updateValue((pair.list, pair.line), forKey: stem) {
          throw DatasetError.source(
            file: pair.list, line: pair.line,
            problem: "lists '\(stem)' again (first in \(first.list), line \(first.line))")
        }
        members.append(try image(stem, pair, split, below: folder))
      }
      images += members.sorted { $0.imageID < $1.imageID }
    }
    return images
  }

  private static func image(_ stem: String, _ pair: Pair, _ split: Split, below folder: String) throws -> ImportedImage
  {
    let image = String(pair.image.dropLast(".jpg".count)) + "_test.jpg"
    for name in [image, pair.label] where FileBytes.status(folder + "/" + name) == nil {
      let problem = DeadLink.problem(folder + "/" + name) ?? "is missing"
      throw DatasetError.source(file: pair.list, line: pair.line, problem: "names \(name), which \(problem)")
    }
    let labelPath = folder + "/" + pair.label
    let (objects, badLines) = try objects(of: labelPath)
    return ImportedImage(
      split: split, imageID: stem, imagePath: folder + "/" + image, labelPath: labelPath,
      objects: .pixels(objects, badLines))
  }

  // MARK: - Text files

  /// The lines of a file as words, without the empty ones.
  private static func lines(
    of path: String, separators: Set<Character>
  ) throws -> [(number: Int, words: [Substring])] {
    let bytes = try FileBytes.read(path, limit: 4 << 20)
    guard let text = String(validating: bytes.dropFirst(TextBytes.markCount(bytes)), as: UTF8.self) else {
      throw DatasetError.source(file: path, line: nil, problem: "is not text")
    }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .map { ($0 + 1, $1.split(whereSeparator: separators.contains)) }
      .filter { !$0.1.isEmpty }
  }

  static func pairs(of list: String, below folder: String) throws -> [Pair] {
    guard FileBytes.status(list) != nil else {
      throw DatasetError.source(file: list, line: nil, problem: "is missing; DeepPCB lists its images there")
    }
    return try lines(of: list, separators: [" ", "\t"]).map { number, words in
      guard words.count == 2 else {
        throw DatasetError.source(
          file: list, line: number, problem: "has \(words.count) words, not 2 (an image and its label file)")
      }
      for word in words where word.hasPrefix("/") || word.split(separator: "/").contains("..") || word.contains("\0") {
        throw DatasetError.source(file: list, line: number, problem: "names \(word), which leads out of the data set")
      }
      guard words[0].lowercased().hasSuffix(".jpg"), words[0].split(separator: "/").last?.count ?? 0 > 4 else {
        throw DatasetError.source(file: list, line: number, problem: "names \(words[0]), which does not end in .jpg")
      }
      return Pair(list: list, line: number, image: String(words[0]), label: String(words[1]))
    }
  }

  /// The objects of a label file, and its lines that give none. Throws `DatasetError` if it cannot be read.
  static func objects(of path: String) throws -> (objects: [ImportedObject], badLines: [BadLabelLine]) {
    var (objects, badLines): ([ImportedObject], [BadLabelLine]) = ([], [])
    for (number, words) in try lines(of: path, separators: [" ", "\t", ","]) {
      do {
        objects.append(try object(words, line: number))
      } catch {
        badLines.append(BadLabelLine(line: number, problem: error.text))
      }
    }
    return (objects, badLines)
  }

  private struct Problem: Error { let text: String }

  private static func object(_ words: [Substring], line: Int) throws(Problem) -> ImportedObject {
    guard words.count == 5 else {
      throw Problem(text: "has \(words.count) \(words.count == 1 ? "value" : "values"), not 5 (x1 y1 x2 y2 type)")
    }
    var numbers: [Int] = []
    for word in words {
      guard let value = Int(word), abs(value) <= 1_000_000 else {
        throw Problem(text: "has '\(word.prefix(40))', which is not a whole number of pixels or a type")
      }
      numbers.append(value)
    }
    guard (1...classNames.count).contains(numbers[4]) else {
      throw Problem(text: "has the type \(numbers[4]), but DeepPCB has \(classNames.count) (1 to \(classNames.count))")
    }
    guard numbers[2] > numbers[0], numbers[3] > numbers[1] else {
      throw Problem(
        text: "has a box from (\(numbers[0]), \(numbers[1])) to (\(numbers[2]), \(numbers[3])), which is empty")
    }
    let box = Box(x1: Double(numbers[0]), y1: Double(numbers[1]), x2: Double(numbers[2]), y2: Double(numbers[3]))
    return ImportedObject(classID: numbers[4] - 1, box: box, line: line)
  }
}
