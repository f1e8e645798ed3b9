import FeederMetrics
import Foundation

/// The content of a report. `ReportPage` decides how it looks.
package struct ReportContent {
  /// A number that is shown large, with its name.
  package struct Figure {
    /// Name of the number.
    package var name: String
    /// The number as text.
    package var value: String

    /// A number with its name.
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A table. Without titles, each row is a name and a fact.
  package struct Table {
    /// Titles of the columns; empty for none.
    package var titles: [String]
    /// Rows, each with one text per column.
    package var rows: [[String]]

    /// A table with these titles and rows.
    package init(_ titles: [String], _ rows: [[String]]) {
      self.titles = titles
      self.rows = rows
    }
  }

  /// A picture with a caption.
  package struct Picture {
    /// The bytes of a JPEG.
    package var jpeg: [UInt8]
    /// Text below the picture.
    package var caption: String

    /// A picture with a caption.
    package init(_ jpeg: [UInt8], caption: String) {
      self.jpeg = jpeg
      self.caption = caption
    }
  }

  /// A section of the report.
  package struct Part {
    /// The heading.
    package var title: String
    /// Paragraphs below the heading.
    package var text: [String]
    /// Charts, in order.
    package var charts: [Chart]
    /// Tables that are always shown.
    package var tables: [Table]
    /// A confusion matrix and the names of its classes; nil for none.
    package var matrix: (names: [String], matrix: ConfusionMatrix)?
    /// Pictures, in order.
    package var pictures: [Picture]
    /// Tables that a click opens.
    package var details: [(title: String, table: Table)]

    /// A section with this content.
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

  /// Title of the page.
  package var title: String
  /// The sentence that names what limited the speed.
  package var verdict: String
  /// Numbers at the top.
  package var figures: [Figure]
  /// Sections, in order.
  package var parts: [Part]

  /// A report with this content.
  package init(title: String, verdict: String, figures: [Figure], parts: [Part]) {
    self.title = title
    self.verdict = verdict
    self.figures = figures
    self.parts = parts
  }
}
