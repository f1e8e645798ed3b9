import FeederMetrics
import Foundation

/// All that a report tells; how it looks is `ReportPage`'s.
package struct ReportContent {
  /// A number to see at once, with what it is.
  package struct Figure {
    package var name: String
    package var value: String

    /// A figure.
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A table: its titles, and its rows of as many texts; without titles, facts by name.
  package struct Table {
    package var titles: [String]
    package var rows: [[String]]

    /// A table.
    package init(_ titles: [String], _ rows: [[String]]) {
      self.titles = titles
      self.rows = rows
    }
  }

  /// A picture with what it shows.
  package struct Picture {
    package var jpeg: [UInt8]
    package var caption: String

    /// A picture.
    package init(_ jpeg: [UInt8], caption: String) {
      self.jpeg = jpeg
      self.caption = caption
    }
  }

  /// A part of the report under its own head.
  package struct Part {
    package var title: String
    /// Sentences above the rest.
    package var text: [String]
    package var charts: [Chart]
    package var tables: [Table]
    package var matrix: (names: [String], matrix: ConfusionMatrix)?
    package var pictures: [Picture]
    /// Tables that are opened by a click.
    package var details: [(title: String, table: Table)]

    /// A part.
    package init(
      _ title: String, text: [String] = [], charts: [Chart] = [], tables: [Table] = [],
      matrix: (names: [String], matrix: ConfusionMatrix)? = nil, pictures: [Picture] = [],
      details: [(title: String, table: Table)] = []
    ) {
      self.title = title
      self.text = text
      self.charts = charts
      self.tables = tables
      self.matrix = matrix
      self.pictures = pictures
      self.details = details
    }
  }

  package var title: String
  /// The line that says what set the pace.
  package var verdict: String
  package var figures: [Figure]
  package var parts: [Part]

  /// A report.
  package init(title: String, verdict: String, figures: [Figure], parts: [Part]) {
    self.title = title
    self.verdict = verdict
    self.figures = figures
    self.parts = parts
  }
}
