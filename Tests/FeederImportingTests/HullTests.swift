import FeederCore
import Testing

@testable import FeederDatasets
@testable import FeederImporting

@Suite("Hulls of outlines and masks")
struct HullTests {
  private func edges(_ hull: Hull) -> [Double] {
    [hull.box.x1, hull.box.y1, hull.box.x2, hull.box.y2].map { ($0 * 1e6).rounded() / 1e6 }
  }

  @Test("turned boxes turn clockwise on the screen, about the point that is named")
  func turned() {
    #expect(edges(Hull(x: 10, y: 20, width: 4, height: 2, degrees: 90, about: (10, 20))) == [8, 20, 10, 24])
    #expect(edges(Hull(x: 10, y: 20, width: 4, height: 2, degrees: -270, about: (12, 21))) == [11, 19, 13, 23])
    #expect(
      edges(Hull(x: 0, y: 0, width: 2, height: 2, degrees: 45, about: (1, 1)))
        == edges(
          Hull(centerX: 1, centerY: 1, radiusX: 2.0.squareRoot(), radiusY: 2.0.squareRoot())))
    #expect(edges(Hull(centerX: 5, centerY: 5, radiusX: 3, radiusY: 1, degrees: 450)) == [4, 2, 6, 8])
  }

  @Test("points in any order; numbers that are none break it; nothing is empty")
  func points() {
    #expect(edges(Hull(flat: [3, 9, 1, 2, 2, 4])) == [1, 2, 3, 9])
    #expect(Hull().isEmpty && !Hull(flat: [1, 2]).isEmpty)
    #expect(Hull(flat: [1, .nan]).isBroken && Hull(corner: (.infinity, 0), other: (1, 1)).isBroken)
  }

  @Test("run lengths go down the columns; runs that do not fill the mask are none")
  func runs() throws {
    #expect(edges(try #require(RunLengths.hull([4, 1, 7], height: 3, width: 4))) == [1, 1, 2, 2])
    #expect(edges(try #require(RunLengths.hull([5, 2, 5], height: 3, width: 4))) == [1, 0, 3, 3])
    #expect(RunLengths.hull([12], height: 3, width: 4)?.isEmpty == true)
    for bad in [[5, 2], [5, 2, 6], [-1, 13], [Int.max, Int.max, 1]] {
      #expect(RunLengths.hull(bad, height: 3, width: 4) == nil)
    }
    // Written by pycocotools 2.0.11 of a mask of 30 x 40 with ones at rows 3 to 9 of columns 5 to 7.
    let written = try #require(RunLengths.decode("i47g0000mm0"))
    #expect(edges(try #require(RunLengths.hull(written, height: 30, width: 40))) == [5, 3, 8, 10])
    #expect(RunLengths.decode("\u{7F}") == nil && RunLengths.decode("o") == nil)
  }
}
