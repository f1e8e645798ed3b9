import Foundation

/// The content of a chart, independent of the drawing program.
package struct Chart {
  /// One line or set of points. A series without a name does not appear in the key.
  package struct Series {
    /// Name in the key; nil for none.
    package var name: String?
    /// The points, all finite.
    package var points: [(x: Double, y: Double)]
    /// True if the series is drawn thick and blue, as the one to look at.
    package var isMain: Bool

    /// A series of `points`; those that are not finite are left out.
    package init(_ name: String?, _ points: [(x: Double, y: Double)], isMain: Bool = false) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
      self.isMain = isMain
    }
  }

  /// The kind of a chart and its data.
  package enum Content {
    case lines([Series])
    /// Areas stacked on each other. All series have the same x values.
    case stack([Series])
    case dots(Series)
    case bars(names: [String], values: [Double])
    /// A square of numbers, row by row. Rows and columns have the same names.
    case matrix(names: [String], values: [Double], digits: Int)
  }

  /// Title above the chart.
  package var title: String
  /// Label of the lower axis.
  package var xLabel: String
  /// Label of the left axis.
  package var yLabel: String
  /// Kind and data.
  package var content: Content
  /// Limits of the lower axis; nil takes them from the data.
  package var xRange: ClosedRange<Double>?
  /// Limits of the left axis; nil takes them from the data.
  package var yRange: ClosedRange<Double>?

  /// A chart with these labels, contents and limits.
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

  /// False if there is nothing to draw.
  package var hasData: Bool {
    switch content {
    case .lines(let all), .stack(let all): all.contains { !$0.points.isEmpty }
    case .dots(let series): !series.points.isEmpty
    case .bars(let names, _): !names.isEmpty
    case .matrix(let names, _, _): !names.isEmpty
    }
  }
}
