import BoardSupport
import Foundation
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("JSON and XML are read piece by piece, and what is no JSON or XML is refused in one line")
struct LabelParserTests {
  /// The values at `list[]` of a JSON text.
  private func values(_ bytes: [UInt8]) throws -> [JSONValue] {
    let scratch = try Scratch()
    var values: [JSONValue] = []
    try JSONFile.read(
      scratch.write("a.json", bytes: bytes),
      choose: { $0.steps.isEmpty || $0.matches(["list"]) ? .enter : $0.matches(["list", "*"]) ? .take : .skip },
      take: { _, value in
        values.append(value)
        return true
      })
    return values
  }

  private func values(_ text: String) throws -> [JSONValue] { try values([UInt8](text.utf8)) }

  @Test("every kind of value, nested, with what stands around it passed over")
  func kinds() throws {
    let text = #"""
      {"skip": [[1, 2], {"list": [9]}, "x"], "list": [null, true, -7, 1.5, "a\u00e9\ud83d\ude00", [], [1, 2.5], [1, "a", 3],
      {"b": {"c": [[1, 2], [3, 4]]}, "d": {}}, 4722366482869645213696, 3.0], "after": [1, 2]}
      """#
    let found = try values(text)
    #expect(
      found == [
        .null, .bool(true), .integer(-7), .number(1.5), .string("aé😀"), .numbers([]), .numbers([1, 2.5]),
        .array([.number(1), .string("a"), .integer(3)]),
        .object([("b", .object([("c", .array([.numbers([1, 2]), .numbers([3, 4])]))])), ("d", .object([]))]),
        .number(0x1p72), .number(3),
      ], "\(found)")
    #expect(try values([0xEF, 0xBB, 0xBF] + Array(#"{"list": ["b"]}"#.utf8)) == [.string("b")])
  }

  @Test("texts and lists longer than a piece of the file come in one; the longest texts are cut")
  func long() throws {
    let numbers = (0..<50_000).map { Double($0) / 4 }
    let list = "[" + numbers.map { "\($0)" }.joined(separator: ", ") + "]"
    let text = String(repeating: "abc\\n", count: 100_000)
    let all = try values(#"{"x": \#(list), "list": [\#(list), "\#(text)", 1]}"#)
    #expect(all == [.numbers(numbers), .string(String(repeating: "abc\n", count: 100_000)), .integer(1)])
    let cut = try values(#"{"list": ["\#(String(repeating: "a", count: 5 << 20))", 2]}"#)
    #expect(cut.first?.string?.utf8.count == JSONFile.longestText && cut.last == .integer(2))
  }

  @Test(
    "what is no JSON, or no JSON for labels, is refused",
    arguments: [
      (#"{"list": [1,"#, "the file is cut off"), (#"{"list": [1]} x"#, "more text follows"),
      ("", "the file is cut off"),
      (#"{"list": [NaN]}"#, "JSON has no NaN"), (#"{"list": [1,]}"#, "not allowed here"),
      ("{'a': 1}", "not allowed here"),
      (#"{"list": [{"a": 1, "a": 2}]}"#, "has the key 'a' twice"),
      (#"{"list": [], "list": []}"#, "has the key 'list' twice"),
      (#"{"list": ["\ud800"]}"#, "not allowed here"), (#"{"list": [\#n\#n\#n01]}"#, "line 4: is not JSON"),
      (String(repeating: "[", count: 1000), "more than 64 levels"),
      (#"{"list": [\#(String(repeating: #"{"a":"#, count: 100))"#, "more than 64 levels"),
      (#"{"list": [[\#(String(repeating: "1,", count: 9000))"a"]]}"#, "a list mixes numbers"),
    ])
  func refused(text: String, reason: String) throws {
    let line = failure { _ = try values(text) }
    #expect(line.contains(reason) && line.contains("a.json") && !line.contains("\n"), "\(line)")
  }

  @Test("bytes that are no UTF-8, UTF-16, and numbers beyond all")
  func bytes() throws {
    #expect(
      failure { _ = try values(Array(#"{"list": [""#.utf8) + [0xFF] + Array(#""]}"#.utf8)) }.contains("is not JSON"))
    #expect(
      failure { _ = try values([0xFF, 0xFE] + Array("{}".utf16).flatMap { [UInt8($0), 0] }) }.contains("is UTF-16"))
    let huge = try? values(#"{"list": [1e999, -1e999, 1e-999]}"#)
    #expect(huge == nil || huge?.prefix(2).allSatisfy { $0.double?.isFinite == false } == true)
  }

  /// The elements `item` of an XML text.
  private func elements(_ bytes: [UInt8]) throws -> [XMLElement] {
    let scratch = try Scratch()
    var elements: [XMLElement] = []
    try XMLFile.read(
      scratch.write("a.xml", bytes: bytes),
      choose: { $0.count == 1 ? .enter : $0[1] == "item" ? .take : .skip },
      take: { _, element in
        elements.append(element)
        return true
      })
    return elements
  }

  private func elements(_ text: String) throws -> [XMLElement] { try elements([UInt8](text.utf8)) }

  @Test("elements with attributes, text in pieces, comments; what is not asked for is passed over")
  func xml() throws {
    let all = try elements(
      """
      <?xml version="1.0"?><!DOCTYPE list>
      <list><other><item a="no"/></other><item a="1 &lt; 2">x<!-- y --><b>t&amp;<![CDATA[<u>]]></b>z</item>
      <item/></list>
      """)
    #expect(all.map(\.line) == [2, 3] && all[0].attributes == ["a": "1 < 2"] && all[0].text == "xz")
    #expect(all[0].children.map(\.text) == ["t&<u>"] && all[0].child("b")?.name == "b" && all[0].child("c") == nil)
    let latin =
      Array(#"<?xml version="1.0" encoding="ISO-8859-1"?><l><item>"#.utf8) + [0xE9] + Array("</item></l>".utf8)
    #expect(try elements(latin)[0].text == "é")
    #expect(try elements([0xEF, 0xBB, 0xBF] + Array("<l><item>a</item></l>".utf8))[0].text == "a")
  }

  @Test(
    "what is no XML, or declares entities, or nests without end, is refused",
    arguments: [
      ("<list><item>", "is not XML"), ("", "is not XML"), ("<a></b>", "is not XML"), ("<a>&x;</a>", "is not XML"),
      (#"<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>"#, "has the entity 'x'"),
      (#"<!DOCTYPE a [<!ENTITY % p "y">]><a/>"#, "has the entity 'p'"),
      (#"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a/>"#, "has the entity 'x'"),
      (#"<!DOCTYPE a SYSTEM "http://host/a.dtd"><a>&x;</a>"#, "has the entity 'x'"),
      (#"<?xml version="1.0" encoding="klingon"?><a/>"#, "is not XML"),
      (String(repeating: "<a>", count: 1000), "more than 64 levels"),
      ("<l><item>" + String(repeating: "<a>", count: 1000), "more than 64 levels"),
    ])
  func refusedXML(text: String, reason: String) throws {
    let line = failure { _ = try elements(text) }
    #expect(line.contains(reason) && line.contains("a.xml") && !line.contains("\n"), "\(line)")
  }

  @Test("numbers of XML are plain numbers")
  func numbers() {
    for (text, value) in [(" 12 ", 12.0), ("1.5e2", 150), ("-0.25", -0.25), ("+3", 3)] {
      #expect(XMLElement.number(text) == value)
    }
    for text in ["", "nan", "inf", "0x10", "1,5", "1 2", "1e999", String(repeating: "1", count: 90)] {
      #expect(XMLElement.number(text) == nil, "\(text)")
    }
  }
}
