import FeederImaging
import Testing

@testable import FeederCodecs

@Suite("A window turns levels into bytes by one rule")
struct LevelWindowTests {
  private func table(_ window: LevelWindow, white: Int = 65_535, isInverted: Bool = false) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      if let base = buffer.baseAddress { window.fill(base, white: white, isInverted: isInverted) }
      count = 65_536
    }
  }

  @Test(
    "whole numbers, as the rule says", arguments: [(0, 65_535), (0, 4_095), (200, 1_023), (65_534, 65_535), (7, 8)])
  func linear(black: Int, white: Int) throws {
    let table = table(try #require(LevelWindow(black: black, white: white)))
    for level in 0...65_535 {
      let expected =
        level <= black ? 0 : level >= white ? 255 : ((level - black) * 255 + (white - black) / 2) / (white - black)
      #expect(Int(table[level]) == expected)
    }
  }

  @Test("steps stand for the whole table or are not used")
  func steps() throws {
    let windows = [(0, 1_023, true), (200, 3_900, true), (0, 65_535, true), (0, 4_095, true), (11, 14_000, true)]
    for (black, white, isFound) in windows {
      for isInverted in [false, true] {
        let window = try #require(LevelWindow(black: black, white: white))
        let table = table(window, white: white, isInverted: isInverted)
        #expect((window.steps(table, white: white, isInverted: isInverted) != nil) == isFound)
        #expect(window.with(.sqrt).steps(table, white: white, isInverted: isInverted) == nil)
        var other = table
        other[white / 2] ^= 1
        #expect(window.steps(other, white: white, isInverted: isInverted) == nil)
      }
    }
  }

  @Test("the square root is the nearest one, and rises", arguments: [(0, 65_535), (0, 4_095), (200, 1_023)])
  func root(black: Int, white: Int) throws {
    let table = table(try #require(LevelWindow(black: black, white: white, curve: .sqrt)))
    for level in 0...65_535 {
      let share = Double(min(max(level - black, 0), white - black)) / Double(white - black)
      #expect(abs(Double(table[level]) - 255 * share.squareRoot()) <= 0.5 + 1e-9)
      if level > 0 { #expect(table[level] >= table[level - 1]) }
    }
  }

  @Test("the full window ends at the file's white; an inverted file begins there")
  func full() {
    #expect(table(.full, white: 4_095)[4_095] == 255 && table(.full, white: 4_095)[2_048] == 128)
    let inverted = table(.full, white: 1_023, isInverted: true)
    #expect(inverted[0] == 255 && inverted[1_023] == 0 && inverted[60_000] == 0)
  }

  @Test("its text is read back, and nothing else is")
  func text() throws {
    #expect(LevelWindow(text: "full") == .full && LevelWindow.full.text == "full")
    let window = try #require(LevelWindow(text: "200,3900", curve: .sqrt))
    #expect(window.levels == 200..<3_900 && window.curve == .sqrt && window.text == "200,3900")
    for text in ["", "auto", "200", "200,", ",5", "5,5", "9,3", "-1,5", "0,65536", "1,2,3", "0x1,5", "1 ,5", "+1,5"] {
      #expect(LevelWindow(text: text) == nil, "\(text)")
    }
  }
}
