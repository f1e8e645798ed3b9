import Foundation

/// A file that an option names: checked before any work, written at the end.
///
/// The rule: a command overwrites no file that it reads, and no file that Feeder did not write. An earlier result of
/// the same kind keeps its name; the new one gets a number.
package final class OutputFile {
  private enum Way {
    /// An open pipe or device that takes the bytes.
    case stream(descriptor: Int32)
    /// Replaces an empty file.
    case inPlace
    /// Creates a new file.
    case new
  }

  /// The path of the result. It has a number if an earlier result has the name.
  package private(set) var path: String
  /// True if standard output goes to this file.
  package let isStandardOutput: Bool
  private let option: String
  private let way: Way
  private let given: String

  /// Checks `path`, which `option` names, for a result of kind `signature`. `reading` lists the files that the command
  /// reads. Opens a pipe or device, and waits for the reader of a named pipe. Throws `FileError` if the path cannot or
  /// must not be written, and what `reading` throws.
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

  /// A line for the user if the result has another name than the given one; nil if not.
  package var note: String? {
    path == given ? nil : "\(option) \(given): holds an earlier result, which stays; the new one is \(path)"
  }

  /// Writes `data`. If the name was taken meanwhile, the next free number is used. Throws `FileError` if the write
  /// fails.
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

  /// The first free name of `name2.end`, `name3.end`, ...
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
