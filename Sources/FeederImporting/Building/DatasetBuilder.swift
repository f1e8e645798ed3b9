import FeederCore
import FeederDatasets

/// Collects the images and objects of an importer, by the rules that hold for every format of pixels.
struct DatasetBuilder {
  /// The classes, in the order of their numbers.
  var classes: ClassTable
  /// What was met.
  var findings = DatasetFindings()
  /// Where images are.
  let finder: PictureFinder

  /// Files that are pictures and no images of the data set, as masks are.
  var notPictures: Set<String> = []

  private let source: SourceFolder
  private let settings: ImportSettings
  private let entryName: String
  private var images: [ImportedImage] = []
  /// The place of each image in `images`, by its path.
  private var places: [String: Int] = [:]
  /// Entries that name an image which is not there.
  private var missingCount = 0

  /// A data set without images. Messages call a place in a label file an `entryName`, such as a line. `classNames` are the classes that
  /// the data set lists itself; nil if it lists none. Throws `DatasetError` if a folder cannot be listed.
  init(_ source: SourceFolder, _ settings: ImportSettings, entryName: String, classNames: [String]? = nil) throws {
    self.source = source
    self.settings = settings
    self.entryName = entryName
    classes = ClassTable(listed: classNames)
    finder = try PictureFinder(source, imageFolder: settings.imageFolder)
  }

  /// An entry of a label file, for messages.
  struct Place {
    /// The label file.
    let file: String
    /// The entry in it, counted from 1; nil for the file itself.
    var entry: Int?
    /// What the entry is called, if not as the data set's others.
    var name: String?
  }

  // MARK: - What gives no object

  /// Notes an entry that is wrong and that no image can be blamed for: the data set is refused, or goes on without it.
  mutating func refuse(_ problem: String, at place: Place) {
    let line = Self.text(place, place.file, entryName) + ": " + problem
    findings.noteBad(line, file: place.file)
  }

  /// Notes an entry that is no box to train on.
  mutating func leaveOut(_ reason: String, at place: Place, count: Int = 1) {
    let (source, entryName) = (source, entryName)
    findings.leftOut[reason, default: Sightings()]
      .note(Self.text(place, source.shortName(place.file), entryName), count: count)
  }

  /// Notes a box that is read although it is marked as `kind`.
  mutating func noteSpecial(_ kind: String, at place: Place) {
    let (source, entryName) = (source, entryName)
    findings.special[kind, default: Sightings()]
      .note(Self.text(place, source.shortName(place.file), entryName))
  }

  private static func text(_ place: Place, _ file: String, _ entryName: String) -> String {
    place.entry.map { "\(file), \(place.name ?? entryName) \($0)" } ?? file
  }

  // MARK: - Images

  /// The image that the first of `names` leads to; nil, noted, if there is none or nothing decides between several.
  mutating func picture(_ names: [String], split: Split? = nil, at place: Place) -> String? {
    var leadsOut: String?
    for name in names {
      switch finder.find(name, from: place.file, split: split) {
      case .found(let path): return path
      case .several(let paths):
        refuseTie(name, paths, at: place)
        return nil
      case .outside: leadsOut = leadsOut ?? name
      case .missing: continue
      }
    }
    if let leadsOut {
      refuse(
        "names \(Self.shown(leadsOut)), which leads out of the data set's folder; name the folder of the images with --images",
        at: place)
    } else {
      noteMissing(names.first ?? "", at: place)
    }
    return nil
  }

  /// The image that has the name of `file`, whatever its ending; nil, noted, if there is none or nothing decides between several. Of
  /// these, one in a folder called `folder` counts.
  mutating func picture(
    stemOf file: String, folder: String? = nil, split: Split? = nil, at place: Place
  ) -> String? {
    switch finder.find(stemOf: file, split: split) {
    case .found(let path): return path
    case .several(let paths):
      let own = paths.filter { PathText.folder(of: $0).split(separator: "/").last.map(String.init) == folder }
      if own.count == 1 { return own[0] }
      refuseTie(String(FileKind.stem(file.split(separator: "/").last.map(String.init) ?? file)), paths, at: place)
    case .outside, .missing: noteMissing(file.split(separator: "/").last.map(String.init) ?? file, at: place)
    }
    return nil
  }

  private mutating func refuseTie(_ name: String, _ paths: [String], at place: Place) {
    let list = paths.prefix(3).map(source.shortName).joined(separator: ", ")
    refuse("names \(Self.shown(name)), which fits \(paths.count) images (\(list)); name the folder of one", at: place)
  }

  /// Notes an entry whose image is not there.
  mutating func noteMissing(_ name: String, at place: Place) {
    missingCount += 1
    let line = "\(Self.shown(name)) (\(Self.text(place, place.file, entryName)))"
    findings.missingImages.note(line)
  }

  /// Adds an image with the entry that names it; false, noted, if another entry names it too.
  @discardableResult
  mutating func add(_ image: ImportedImage, at place: Place) -> Bool {
    if let first = places[image.imagePath] {
      refuse(
        "names \(source.shortName(image.imagePath)) again, which \(source.shortName(images[first].labelPath)) names already",
        at: place)
      return false
    }
    places[image.imagePath] = images.count
    images.append(image)
    return true
  }

  /// A name from a file, short enough for a line.
  static func shown(_ name: String) -> String {
    let plain = String(name.unicodeScalars.map { $0.value < 0x20 ? "\u{FFFD}" : Character($0) })
    return plain.count > 200 ? "'\(plain.prefix(200))...'" : "'\(plain)'"
  }

  // MARK: - Objects

  /// Adds the object of `hull` to `objects`, or a line to `badLines`, or counts it as left out.
  mutating func add(
    _ hull: Hull, classID: Int, isOutline: Bool, at place: Place, to objects: inout [ImportedObject],
    _ badLines: inout [BadLabelLine]
  ) {
    let box = hull.box
    let entry = place.entry ?? 1
    let farthest = ImportedObject.farthest
    guard !hull.isBroken, hull.isEmpty || max(-box.x1, -box.y1, box.x2, box.y2, box.x1, box.y1) <= farthest else {
      badLines.append(
        BadLabelLine(
          line: entry, unit: place.name ?? entryName,
          problem: "has a box from (\(box.x1), \(box.y1)) to (\(box.x2), \(box.y2)), which is no box in pixels"))
      return
    }
    guard box.width > 0, box.height > 0 else {
      leaveOut(hull.isEmpty ? "annotation without box" : "box without area", at: place)
      return
    }
    objects.append(ImportedObject(classID: classID, box: box, line: entry, isOutline: isOutline))
  }

  // MARK: - The end

  /// The data set. Throws `DatasetError` if it has no image, or if more than 1 % of its entries name images that are not there.
  mutating func finish() throws -> ImportedDataset {
    noteOtherLabelFiles()
    let remap = classes.finish(&findings)
    try refuseMissing()
    if images.isEmpty, settings.skipsBadLabels || findings.badLines.isEmpty {
      let reason = findings.badLines.first.first ?? findings.missingImages.first.first.map { "\($0) is not there" }
      throw DatasetError.images(
        folder: source.folder, problem: "has no image with good labels" + (reason.map { "; " + $0 } ?? ""))
    }
    for path in finder.paths where places[path] == nil && !notPictures.contains(path) {
      findings.unlabelled.note(source.shortName(path))
    }
    var named = try ImageNames.name(images, in: source.folder)
    for index in named.indices {
      guard let remap, case .pixels(var objects, let badLines) = named[index].objects else { continue }
      for place in objects.indices { objects[place].classID = remap[objects[place].classID] }
      named[index].objects = .pixels(objects, badLines)
    }
    return ImportedDataset(
      folder: source.folder, classNames: classes.names, images: named,
      ownSplits: Set(named.compactMap(\.split)).subtracting([.train]), wholeFindings: findings)
  }

  /// Notes label files of other kinds. If a format has one file per image, a file that cannot be read is bad.
  private mutating func noteOtherLabelFiles() {
    for (file, fault) in source.otherLabelFiles {
      if case .source(_, let line, let problem)? = fault, source.chosenKind?.isPerImage == true {
        refuse(problem, at: Place(file: source.path(file), entry: line, name: "line"))
      } else {
        findings.otherFiles.note(file)
      }
    }
  }

  private func refuseMissing() throws {
    let missing = findings.missingImages
    guard !settings.skipsBadLabels, missingCount * 100 > images.count else { return }
    throw DatasetError.images(
      folder: source.folder,
      problem:
        "\(missing.count) \(missing.count == 1 ? "image that labels name is" : "images that labels name are") not "
        + "there: \(missing.names) (put them below the folder, name their folder with --images, or leave them out with "
        + "--skip-bad-labels)")
  }
}
