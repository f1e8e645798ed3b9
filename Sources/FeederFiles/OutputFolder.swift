import Foundation

/// A folder that an option names, for results whose names are known before any work.
///
/// The rule of `OutputFile` holds for every result: a command overwrites nothing. A folder with earlier results keeps
/// its name; the new folder gets a number.
package final class OutputFolder {
  /// The folder that is written, which exists. It has a number if earlier results have the name.
  package let path: String
  private let option: String
  private let given: String
  private let made: [String]
  private let isNumbered: Bool

  /// Creates the folder `path`, which `option` names, or checks the present one for files called `names`. A present
  /// file counts as an earlier result if it matches the `signature` of its name. `reading` lists folders whose files
  /// the command reads. Throws `FileError` if the folder cannot or must not be written.
  package init(
    _ path: String, option: String, names: some Collection<String>, reading: some Sequence<String>,
    signature: (String) -> FileSignature
  ) throws {
    (given, self.option) = (path, option)
    let name = "\(option) \(path)"
    let bare = path.count > 1 ? String(path.reversed().drop { $0 == "/" }.reversed()) : path
    guard !bare.isEmpty else { throw FileError("\(option) '\(path)'", "name a folder") }
    let missing = Self.missingParents(of: bare)
    try Self.make(missing, name)
    do {
      let place = try FilePlace(bare, called: name)
      switch place.kind {
      case .missing:
        try Self.make([place.target], name)
        (self.path, made, isNumbered) = (bare, missing + [place.target], false)
      case .folder:
        if reading.contains(where: { FileIdentity($0) == place.identity }) {
          throw FileError(name, "is a folder that this command reads images from; name another folder")
        }
        isNumbered = try Self.hasEarlierResults(in: bare, names, name, signature)
        self.path = isNumbered ? try Self.makeNext(bare, name) : bare
        made = isNumbered ? [self.path] : []
        guard access(self.path, W_OK | X_OK) == 0 else { throw FileError.system(name, self.path) }
      default: throw FileError(name, "is no folder; name another one")
      }
    } catch {
      for folder in missing.reversed() { rmdir(folder) }
      throw error
    }
  }

  /// A line for the user if the folder has another name than the given one; nil if not.
  package var note: String? {
    isNumbered ? "\(option) \(given): holds earlier results, which stay; the new ones are in \(path)" : nil
  }

  /// Writes `data` as the file `name`, which may contain sub-folders. Throws `FileError` if the write fails or the name
  /// is taken. `isDurable` as in `FileWriter.create`.
  package func write(_ data: Data, as name: String, isDurable: Bool = false) throws {
    let file = path + "/" + name
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw FileError.system("\(option) \(given)", folder) }
    }
    guard try FileWriter.create(data, at: file, isDurable: isDurable) else {
      throw FileError(file, "is there by now, and nothing is written over it")
    }
  }

  /// Removes the folders that `init` created, if they are empty.
  package func removeIfEmpty() { for folder in made.reversed() { rmdir(folder) } }

  /// True if some of the names are taken, all by earlier results. Throws `FileError` if one is taken by another file.
  private static func hasEarlierResults(
    in folder: String, _ names: some Collection<String>, _ option: String, _ signature: (String) -> FileSignature
  ) throws -> Bool {
    var isFound = false
    for name in names {
      let path = folder + "/" + name
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      guard signature(name).matches(path) else {
        throw FileError(
          option, "\(path) is there already and is no earlier result; nothing is written over it: name another folder")
      }
      isFound = true
    }
    return isFound
  }

  private static func makeNext(_ path: String, _ name: String) throws -> String {
    var number = 2
    while mkdir(path + "\(number)", 0o777) != 0 {
      guard errno == EEXIST else { throw FileError.system(name, path + "\(number)") }
      number += 1
    }
    return path + "\(number)"
  }

  private static func missingParents(of path: String) -> [String] {
    var missing: [String] = []
    var folder = FilePlace.parts(path).folder
    var status = stat()
    while lstat(folder, &status) != 0, errno == ENOENT {
      missing.append(folder)
      folder = FilePlace.parts(folder).folder
    }
    return missing.reversed()
  }

  private static func make(_ folders: [String], _ name: String) throws {
    for folder in folders where mkdir(folder, 0o777) != 0 {
      guard errno == EEXIST else {
        throw FileError(name, "cannot be made (\(String(cString: strerror(errno)))); name another folder")
      }
    }
  }
}
