import Foundation

/// What a chart shows, without how it is drawn.
package struct Chart {
  /// One line or one set of points with its name in the key; none without a name.
  package struct Series {
    package var name: String?
    package var points: [(x: Double, y: Double)]
    /// Drawn thick and in blue: the line to look at.
    package var isMain: Bool

    /// A series of finite points; others are left out.
    package init(_ name: String?, _ points: [(x: Double, y: Double)], isMain: Bool = false) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
      self.isMain = isMain
    }
  }

  /// How it is drawn.
  package enum Content {
    case lines([Series])
    /// Areas on top of each other, all over the same x.
    case stack([Series])
    case dots(Series)
    case bars(names: [String], values: [Double])
    /// A square of numbers, row by row, with the names of rows and columns.
    case matrix(names: [String], values: [Double], digits: Int)
  }

  package var title: String
  package var xLabel: String
  package var yLabel: String
  package var content: Content
  /// Limits of the axes; nil lets the data say.
  package var xRange: ClosedRange<Double>?
  package var yRange: ClosedRange<Double>?

  /// A chart.
  package init(
    _ title: String, x xLabel: String = "", y yLabel: String = "", _ content: Content,
    xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.content = content
    self.xRange = xRange
    self.yRange = yRange
  }

  /// False where there is nothing to draw.
  package var hasData: Bool {
    switch content {
    case .lines(let all), .stack(let all): all.contains { !$0.points.isEmpty }
    case .dots(let series): !series.points.isEmpty
    case .bars(let names, _): !names.isEmpty
    case .matrix(let names, _, _): !names.isEmpty
    }
  }
}
