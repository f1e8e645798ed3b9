/// The entries of a checkpoint's zip file, as its central directory lists them.
///
/// It accepts only what every reader of zip files reads alike: stored entries, end to end, each once, the same in both headers.
struct ZipDirectory {
  /// An entry: its bytes in the file, and their CRC-32.
  struct Entry {
    let range: Range<Int>
    let sum: Int
  }

  /// Entries by their names without the root folder, which all of them share.
  let entries: [String: Entry]

  private static let endSignature = 0x0605_4B50
  private static let end64Signature = 0x0606_4B50
  private static let locatorSignature = 0x0706_4B50
  private static let centralSignature = 0x0201_4B50
  private static let localSignature = 0x0403_4B50
  private static let all32 = 0xFFFF_FFFF
  /// Flags that are accepted: sizes behind the bytes (3), names in UTF-8 (11).
  private static let flags = 0x0808

  /// An entry before it is compared with the others.
  private struct Found {
    let name: String
    let start: Int
    let entry: Entry
    let isDescribed: Bool
  }

  /// Reads the directory of `file`. Throws if a place, size or name is invalid.
  init(_ file: LittleEndianBytes) throws(CheckpointFault) {
    let (count, directory) = try Self.directory(file)
    var found: [Found] = []
    found.reserveCapacity(count)
    var offset = directory.lowerBound
    for _ in 0..<count { found.append(try Self.entry(file, &offset, directory)) }
    guard offset == directory.upperBound else {
      throw CheckpointFault("is damaged: its directory does not end behind its \(count) entries")
    }
    try Self.checkPlaces(found, end: directory.lowerBound)
    entries = try Self.named(found)
  }

  // MARK: - The records at the end

  /// The number of entries, and the place of the central directory. Nothing may lie between or behind the records.
  private static func directory(_ file: LittleEndianBytes) throws(CheckpointFault) -> (count: Int, place: Range<Int>) {
    let end = file.count - 22
    guard end >= 0, try file.word(end) == endSignature, try file.short(end + 20) == 0 else {
      throw CheckpointFault("is cut off, or bytes follow it: it does not end with the end record of a zip file")
    }
    let disks = (try file.short(end + 4), try file.short(end + 6))
    var (own, count) = (try file.short(end + 8), try file.short(end + 10))
    var (size, start) = (try file.word(end + 12), try file.word(end + 16))
    var directoryEnd = end
    if end >= 20, try file.word(end - 20) == locatorSignature {
      let place = try file.long(end - 12, limit: file.count)
      guard place == end - 76, try file.word(place) == end64Signature,
        try file.long(place + 4, limit: file.count) == 44,
        try file.word(end - 16) == 0, try file.word(end - 4) == 1, try file.word(place + 16) == 0,
        try file.word(place + 20) == 0
      else { throw CheckpointFault("is damaged: its zip64 end record is not before its end record") }
      let long = (
        own: try file.long(place + 24, limit: file.count), count: try file.long(place + 32, limit: file.count),
        size: try file.long(place + 40, limit: file.count), start: try file.long(place + 48, limit: file.count)
      )
      guard [0xFFFF, long.own].contains(own), [0xFFFF, long.count].contains(count), [all32, long.size].contains(size),
        [all32, long.start].contains(start)
      else { throw CheckpointFault("has two end records that differ, so readers would differ on what it holds") }
      (own, count, size, start, directoryEnd) = (long.own, long.count, long.size, long.start, place)
    }
    guard disks == (0, 0), own == count else { throw CheckpointFault("is one part of a zip file of several") }
    guard (1...PickleLimits.entries).contains(count) else {
      throw CheckpointFault("claims \(count) entries; a checkpoint has 1 to \(PickleLimits.entries)")
    }
    guard start <= directoryEnd, size == directoryEnd - start, count <= size / 46 else {
      throw CheckpointFault("is damaged: its directory of \(count) entries has \(size) bytes at \(start)")
    }
    return (count, start..<directoryEnd)
  }

  // MARK: - Entries

  /// The entry at `offset` of the directory; `offset` then stands behind it.
  private static func entry(
    _ file: LittleEndianBytes, _ offset: inout Int, _ directory: Range<Int>
  ) throws(CheckpointFault) -> Found {
    let place = offset
    guard place <= directory.upperBound - 46, try file.word(place) == centralSignature else {
      throw CheckpointFault("is damaged: its directory has no entry at \(place)")
    }
    let (flags, method) = (try file.short(place + 8), try file.short(place + 10))
    let (nameCount, extraCount) = (try file.short(place + 28), try file.short(place + 30))
    let nameRange = place + 46..<place + 46 + nameCount
    let extra = nameRange.upperBound..<nameRange.upperBound + extraCount
    offset = extra.upperBound + (try file.short(place + 32))
    guard offset <= directory.upperBound else { throw CheckpointFault("is damaged: its directory is cut off") }
    let name = try checkedName(file, nameRange)
    guard flags & ~Self.flags == 0 else {
      throw CheckpointFault("has the flags \(flags) on '\(name)' (encrypted or patched), which torch never writes")
    }
    guard method == 0 else { throw CheckpointFault("compresses '\(name)', which torch never does") }
    guard try file.short(place + 34) == 0 else { throw CheckpointFault("has '\(name)' in another file") }
    var numbers = [try file.word(place + 24), try file.word(place + 20), try file.word(place + 42)]
    try widen(&numbers, file, extra, name)
    let (size, start) = (numbers[0], numbers[2])
    guard size == numbers[1] else { throw CheckpointFault("has two sizes for '\(name)'") }
    let sum = try file.word(place + 16)
    let isDescribed = flags & 8 != 0

    // The local header must agree: some readers follow it instead.
    guard start <= directory.lowerBound - 30, try file.word(start) == localSignature else {
      throw CheckpointFault("has '\(name)' outside of the file: no entry begins at \(start)")
    }
    let localName = start + 30..<start + 30 + (try file.short(start + 26))
    let begin = localName.upperBound + (try file.short(start + 28))
    guard begin <= directory.lowerBound, size <= directory.lowerBound - begin else {
      throw CheckpointFault("has '\(name)' outside of the file: \(size) bytes at \(begin)")
    }
    guard file.bytes[localName].elementsEqual(file.bytes[nameRange]), try file.short(start + 6) == flags,
      try file.short(start + 8) == method
    else { throw CheckpointFault("has two headers of '\(name)' that differ, so readers would differ on it") }
    for (field, value) in [(14, sum), (18, size), (22, size)] {
      let local = try file.word(start + field)
      guard local == value || (isDescribed && local == 0) || (field > 14 && local == all32) else {
        throw CheckpointFault("has two headers of '\(name)' that differ, so readers would differ on it")
      }
    }
    return Found(
      name: name, start: start, entry: Entry(range: begin..<begin + size, sum: sum), isDescribed: isDescribed)
  }

  /// Replaces the numbers (size, packed size, place) that 32 bits cannot hold by the numbers of the zip64 field.
  private static func widen(
    _ numbers: inout [Int], _ file: LittleEndianBytes, _ extra: Range<Int>, _ name: String
  ) throws(CheckpointFault) {
    var (offset, isFound) = (extra.lowerBound, false)
    while offset <= extra.upperBound - 4 {
      let (kind, count) = (try file.short(offset), try file.short(offset + 2))
      var place = offset + 4
      offset = place + count
      guard offset <= extra.upperBound else { break }
      guard kind == 1 else { continue }
      guard !isFound else { throw CheckpointFault("has two zip64 fields for '\(name)'") }
      isFound = true
      for index in numbers.indices where numbers[index] == all32 && place <= offset - 8 {
        numbers[index] = try file.long(place, limit: file.count)
        place += 8
      }
    }
    guard offset == extra.upperBound || extra.isEmpty else {
      throw CheckpointFault("has a damaged field for '\(name)'")
    }
    guard !numbers.contains(all32) else { throw CheckpointFault("has no zip64 size for '\(name)'") }
  }

  /// The name in `range`. Throws unless it is a plain relative path with a root folder.
  private static func checkedName(_ file: LittleEndianBytes, _ range: Range<Int>) throws(CheckpointFault) -> String {
    guard range.count <= PickleLimits.tensorNameBytes, let name = file.text(range) else {
      throw CheckpointFault("has an entry whose name is \(range.count) bytes, not a short text in UTF-8")
    }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isPlain =
      name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
      && parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    guard isPlain, parts.count > 1 else {
      throw CheckpointFault("has an entry called '\(name)', which no checkpoint has")
    }
    return name
  }

  // MARK: - All entries together

  /// Throws if entries overlap, or if anything but their descriptors lies between them.
  private static func checkPlaces(_ found: [Found], end: Int) throws(CheckpointFault) {
    let sorted = found.sorted { $0.start < $1.start }
    guard sorted[0].start == 0 else { throw CheckpointFault("has bytes before its first entry") }
    for (index, item) in sorted.enumerated() {
      let next = index + 1 < sorted.count ? sorted[index + 1].start : end
      let gap = next - item.entry.range.upperBound
      guard gap >= 0 else {
        throw CheckpointFault("has '\(item.name)' and '\(sorted[index + 1].name)' in the same place")
      }
      // A descriptor has a signature, the sum and two sizes of 4 or 8 bytes.
      guard gap == 0 ? !item.isDescribed : item.isDescribed && (gap == 16 || gap == 24) else {
        throw CheckpointFault("has bytes behind '\(item.name)' that belong to no entry")
      }
    }
  }

  /// The entries by name without their root folder. Throws if a name is there twice, or if the roots differ.
  private static func named(_ found: [Found]) throws(CheckpointFault) -> [String: Entry] {
    var entries: [String: Entry] = [:]
    let root = found[0].name.prefix { $0 != "/" } + "/"
    for item in found {
      guard item.name.hasPrefix(root) else {
        throw CheckpointFault("has entries in two folders, '\(found[0].name)' and '\(item.name)'")
      }
      guard entries.updateValue(item.entry, forKey: String(item.name.dropFirst(root.count))) == nil else {
        throw CheckpointFault("has '\(item.name)' twice, so readers would differ on what it holds")
      }
    }
    return entries
  }
}
