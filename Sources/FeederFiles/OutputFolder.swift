import Foundation

/// A folder that an option names, for results whose names are known before any work.
///
/// The rule of `OutputFile` for all of them: nothing that is there is written over. A folder that holds earlier results keeps its name, and
/// the new one gets a number.
package final class OutputFolder {
  /// The folder that is written to, which exists; it has a number if earlier results have the name.
  package let path: String
  private let option: String
  private let given: String
  private let made: [String]
  private let isNumbered: Bool

  /// Makes the folder `path`, which `option` names, or looks at the one that is there for files called `names`; those that `signature`
  /// of their name accepts are earlier results. `reading` are folders whose files the command reads. Throws `FileError`.
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

  /// A line for people if the folder has another name than the one given; nil otherwise.
  package var note: String? {
    isNumbered ? "\(option) \(given): holds earlier results, which stay; the new ones are in \(path)" : nil
  }

  /// Writes one of the files, whose name may have sub-folders. Throws `FileError`, also if something has that name by now.
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

  /// Removes what was made of folders, if nothing lies in them.
  package func removeIfEmpty() { for folder in made.reversed() { rmdir(folder) } }

  /// True if some of the names are there, all as earlier results. Throws if one is anybody else's.
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
