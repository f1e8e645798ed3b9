import Foundation

/// A file that an option names: looked at before any work, written at the end.
///
/// The rule: nothing is written over a file that the command reads, nor over one that Feeder did not write. An earlier result of the
/// same kind keeps its name, and the new one gets a number.
package final class OutputFile {
  private enum Way {
    /// Bytes into an open pipe or device.
    case stream(descriptor: Int32)
    /// A file in the place of an empty one.
    case inPlace
    /// A new file.
    case new
  }

  /// The path that is written, which has a number if an earlier result has the name.
  package private(set) var path: String
  /// True if this is where the command's own output goes.
  package let isStandardOutput: Bool
  private let option: String
  private let way: Way
  private let given: String

  /// Looks at `path`, which `option` names, for a result whose files are those of `signature`. `reading` lists the files that the command
  /// reads. Opens a pipe or device, and waits for the reader of a named pipe. Throws `FileError` if nothing can or may be written.
  package init(
    _ path: String, option: String, _ signature: FileSignature, reading: () throws -> some Sequence<String>
  ) throws {
    (given, self.option) = (path, option)
    let name = "\(option) \(path)"
    let place = try FilePlace(path, called: name)
    isStandardOutput = place.isStandardOutput
    self.path = path
    switch place.kind {
    case .folder: throw FileError(name, "is a folder; name a file")
    case .other(let what): throw FileError(name, "is \(what); name a file")
    case .stream(let own):
      if place.status.st_mode & S_IFMT == S_IFREG { try Self.refuse(place, among: reading(), name) }
      way = .stream(descriptor: try FileWriter.open(place, own, called: name))
      return
    case .missing: way = .new
    case .file where place.status.st_size == 0:
      try Self.refuse(place, among: reading(), name)
      way = .inPlace
    case .file:
      guard signature.matches(place.target) else {
        throw FileError(
          name, "is there already and is no earlier result; nothing is written over it: name another file")
      }
      try Self.refuse(place, among: reading(), name)
      way = .new
      self.path = Self.free(path)
    }
    try FileWriter.probe(self.path == path ? place : FilePlace(self.path, called: name), called: name)
  }

  deinit { if case .stream(let descriptor) = way { close(descriptor) } }

  /// A line for people if the result has another name than the one given; nil otherwise.
  package var note: String? {
    path == given ? nil : "\(option) \(given): holds an earlier result, which stays; the new one is \(path)"
  }

  /// Writes `data`. If somebody has taken the name meanwhile, the next free number is the name. Throws `FileError`.
  package func write(_ data: Data) throws {
    let name = "\(option) \(path)"
    switch way {
    case .stream(let descriptor):
      guard FileWriter.pour(data, into: descriptor) else { throw FileError.stream(name) }
    case .inPlace: try FileWriter.replace(data, at: path, called: name)
    case .new:
      while try !FileWriter.create(data, at: path, called: name) { path = Self.free(given) }
    }
  }

  private static func refuse(_ place: FilePlace, among read: some Sequence<String>, _ name: String) throws {
    for path in read where FileIdentity(path) == place.identity {
      throw FileError(name, "is a file that this command reads; nothing is written over it: name another file")
    }
  }

  /// The first of `name2.end`, `name3.end`, ... that is free.
  private static func free(_ path: String) -> String {
    let (_, name) = FilePlace.parts(path)
    let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > name.startIndex ? $0 : nil }
    let ending = dot.map { String(name[$0...]) } ?? ""
    let start = path.utf8.dropLast(ending.utf8.count)
    var number = 2
    while true {
      let candidate = String(decoding: start, as: UTF8.self) + "\(number)" + ending
      var status = stat()
      if lstat(candidate, &status) != 0 { return candidate }
      number += 1
    }
  }
}
