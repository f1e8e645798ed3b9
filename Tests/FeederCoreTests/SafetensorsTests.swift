import FeederCore
import Testing

@Suite("A header of safetensors is accepted only if every number in it is valid")
struct SafetensorsTests {
  /// A file with `header` and `data` bytes of tensors. If `length` is given, it replaces the header's true length.
  private func open(_ header: String, data: Int = 4, length: UInt64? = nil) throws -> Safetensors {
    let text = Array(header.utf8)
    let file =
      withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { [UInt8]($0) } + text
      + [UInt8](repeating: 0, count: data)
    return try file.withUnsafeBytes { try Safetensors(file: $0) }
  }

  private func tensor(_ name: String, shape: String = "[1]", offsets: String = "[0,4]") -> String {
    "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  @Test("What writers write is read, colons and quotes in names and texts included")
  func written() throws {
    let name = "a \"b\": \\ {:}"
    let header = Safetensors.header([(name, .f32, [2, 1]), ("empty", .i64, [0])], metadata: ["k:\"": "v:\\\""])
    let file = try (header + [UInt8](repeating: 0, count: 8)).withUnsafeBytes { try Safetensors(file: $0) }
    #expect(file.entries[name]?.range == header.count..<header.count + 8 && file.entries["empty"]?.shape == [0])
    #expect(file.metadata == ["k:\"": "v:\\\""])
  }

  @Test("A length of the header beyond the file or all reason", arguments: [200, 1 << 40, UInt64.max])
  func length(_ length: UInt64) {
    let error = #expect(throws: Safetensors.FormatError.self) { try open("{\(tensor("a"))}", length: length) }
    #expect(error?.description.contains("its header claims \(length) bytes") == true)
  }

  @Test("Five million bytes of header are refused before they are read")
  func largeHeader() {
    let error = #expect(throws: Safetensors.FormatError.self) {
      try open(String(repeating: " ", count: 5_000_000), data: 0)
    }
    #expect(error?.description.contains("claims 5000000 bytes") == true)
  }

  @Test(
    "Known attacks on the header",
    arguments: [
      ("[1, 2]", "not an object"), (String(repeating: "[", count: 100_000), "not JSON"),
      (String(repeating: "{\"a\":", count: 1000) + "1" + String(repeating: "}", count: 1000), "not JSON"),
      ("{\"a\":1}", "a broken entry for 'a'"),
      ("{\"__metadata__\":{\"k\":1}}", "__metadata__"), ("{\"__metadata__\":[]}", "__metadata__"),
      ("{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,4]}}", "unknown type F8"),
    ])
  func headers(_ header: String, _ problem: String) {
    let error = #expect(throws: Safetensors.FormatError.self) { try open(header) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "-")")
  }

  @Test(
    "Names that are there twice, in any spelling: readers would differ on which one counts",
    arguments: ["\"a\":1,\"b\":2,\"a\"", "\"a\":1,\"\\u0061\""])
  func duplicates(_ names: String) {
    let error = #expect(throws: Safetensors.FormatError.self) { try open("{\(names):3}") }
    #expect(error?.description.contains("names something twice") == true, "\(error?.description ?? "-")")
    let inside = #expect(throws: Safetensors.FormatError.self) { try open("{\"x\":{\(names):3}}") }
    #expect(inside?.description.contains("names something twice") == true, "\(inside?.description ?? "-")")
  }

  @Test(
    "Shapes that are negative, overflow, or are no whole numbers",
    arguments: [
      "[-1]", "[-1,-1]", "[9223372036854775807,2]", "[4611686018427387905]", "[4294967296,4294967296]", "[1.5]",
      "[1e30]", "[18446744073709551617]", "[\"1\"]", "[[1]]", "1", "null",
    ])
  func shapes(_ shape: String) {
    #expect(throws: Safetensors.FormatError.self) { try open("{\(tensor("a", shape: shape))}") }
  }

  @Test(
    "Offsets out of the file, reversed, negative, or more than two",
    arguments: [
      "[4,8]", "[1099511627776,1099511627780]", "[-4,0]", "[4,0]", "[9223372036854775804,-9223372036854775808]",
      "[0,4,8]", "[0]", "[]", "[0.5,4.5]",
    ])
  func offsets(_ offsets: String) {
    #expect(throws: Safetensors.FormatError.self) { try open("{\(tensor("a", offsets: offsets))}") }
  }

  @Test("Tensors that overlap, leave a gap, or leave bytes behind")
  func coverage() {
    for (second, data, problem) in [
      ("[0,4]", 4, "overlap"), ("[2,6]", 6, "overlap"), ("[8,12]", 12, "gap"), ("[4,8]", 9, "1 bytes behind"),
    ] {
      let error = #expect(throws: Safetensors.FormatError.self) {
        try open("{\(tensor("a")),\(tensor("b", offsets: second))}", data: data)
      }
      #expect(error?.description.contains(problem) == true, "\(error?.description ?? "-")")
    }
  }
}
