/// A borrowed image file, or a part of one, which is not trusted: every look at a byte is checked against its end.
struct EncodedBytes {
  private let memory: UnsafeRawBufferPointer

  /// Lives no longer than `memory`.
  init(_ memory: UnsafeRawBufferPointer) { self.memory = memory }

  /// Bytes in all.
  var count: Int { memory.count }

  subscript(place: Int) -> UInt8 {
    precondition(place >= 0 && place < memory.count, "a byte of the file")
    return memory[place]
  }

  /// A part of it.
  subscript(range: Range<Int>) -> EncodedBytes { EncodedBytes(UnsafeRawBufferPointer(rebasing: memory[range])) }

  /// The memory of a part of it.
  func memory(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[range]) }

  /// The number of 16 bits at `place`, its upper half first.
  func number(at place: Int) -> Int { Int(self[place]) << 8 | Int(self[place + 1]) }

  /// True if `magic` stands at `place`; false too if it would reach beyond the end.
  func holds(_ magic: some Collection<UInt8>, at place: Int = 0) -> Bool {
    count >= place + magic.count && memory[place..<place + magic.count].elementsEqual(magic)
  }
}
