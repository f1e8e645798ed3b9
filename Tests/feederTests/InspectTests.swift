import Foundation
import Testing

@Suite("feeder inspect says what Feeder sees in a picture, and why it refuses one")
struct InspectTests {
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let files: [(String, String, [UInt8])] = [
      ("deep.pgm", "P5 3 1 4095 ", [0x0F, 0xFF, 0x08, 0x00, 0, 16]), ("colour.ppm", "P6 1 2 255 ", [1, 2, 3, 4, 5, 6]),
      ("short.pgm", "P5 3 1 4095 ", [0]),
    ]
    for (name, header, samples) in files {
      try (Data(header.utf8) + Data(samples)).write(to: folder.url.appending(path: name))
    }
    return folder
  }

  @Test("one line for each picture; a refused one has its reason on stderr, and the others are still shown")
  func lines() throws {
    let folder = try folder()
    let run = try FeederProcess(["inspect", "deep.pgm", "short.pgm", "gone.png", "colour.ppm"], in: folder.url)
    #expect(run.status == 1)
    #expect(
      run.output == """
        deep.pgm: PNM, 3 x 1, grey, 16 bits (12 used), levels 16 to 4095 (3 of them), window 0,4095
        colour.ppm: PNM, 1 x 2, colour, 8 bits, levels 1 to 6 (6 of them)

        """)
    #expect(
      run.lines == [
        "feeder: short.pgm is a truncated PNM (1 bytes of pixels instead of 6): copy it again from its source",
        "feeder: gone.png: cannot be read (No such file or directory)",
      ])
  }

  @Test("--json is one document; --raw writes levels as stored, and bytes through a window")
  func raw() throws {
    let folder = try folder()
    let stored = try FeederProcess(["inspect", "deep.pgm", "colour.ppm", "--raw", "raw", "--json"], in: folder.url)
    #expect(stored.status == 0, "\(stored.messages)")
    let pictures = try #require(try stored.json()["files"] as? [[String: Any]])
    #expect(pictures.map { $0["bits"] as? Int } == [16, 8] && pictures.map { $0["channels"] as? Int } == [1, 3])
    #expect(pictures[0]["raw"] as? String == "raw/deep.pgm.u16")
    #expect((pictures[0]["levels"] as? [String: Int])?["largest"] == 4_095)
    func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.url.appending(path: path))) }
    #expect(try bytes("raw/deep.pgm.u16") == [0xFF, 0x0F, 0, 8, 16, 0])
    #expect(try bytes("raw/colour.ppm.u8") == [1, 4, 2, 5, 3, 6])
    let mapped = try FeederProcess(["inspect", "deep.pgm", "--raw", "raw", "--window", "16,2048"], in: folder.url)
    #expect(mapped.status == 0 && mapped.output.contains("window 16,2048"), "\(mapped.messages)")
    #expect(try bytes("raw/deep.pgm.u8") == [255, 255, 0])
  }

  @Test("nothing is written over; a window that is none, and two files of one name, are refused")
  func refused() throws {
    let folder = try folder()
    try Data([1]).write(to: folder.url.appending(path: "deep.pgm.u16"))
    let over = try FeederProcess(["inspect", "deep.pgm", "--raw", "."], in: folder.url)
    #expect(over.status == 1 && over.lines.count == 1 && over.messages.contains("nothing is written over it"))
    for window in ["5,3", "auto", "1"] {
      #expect(try FeederProcess(["inspect", "deep.pgm", "--window", window], in: folder.url).status == 2)
    }
    let twice = try FeederProcess(["inspect", "deep.pgm", "./deep.pgm", "--raw", "raw"], in: folder.url)
    #expect(twice.status == 1 && twice.messages.contains("two files are named deep.pgm"), "\(twice.messages)")
  }
}
