import FeederMetrics
import FeederFiles
import Foundation

/// A report as one self-contained HTML file: no network, no script, light and dark, for widths from 400 pixels.
package struct ReportPage {
  private let plotter: Plotter?
  private var html = ""

  /// Size of a chart in pixels. On narrow screens it shrinks.
  private static let chartSize = (width: 420, height: 280)

  /// The HTML of `content`. `plotter` draws the charts. In place of a chart that cannot be drawn, the page shows the
  /// reason.
  package static func data(_ content: ReportContent, plotter: Plotter?) -> Data {
    var page = ReportPage(plotter: plotter)
    page.add(content)
    return Data(page.html.utf8)
  }

  /// Writes the page to `url`, completely or not at all. Throws `FileError`.
  package static func write(_ content: ReportContent, plotter: Plotter?, to url: URL) throws {
    try FileWriter.replace(data(content, plotter: plotter), at: url.path)
  }

  private static let mark = "<meta name=\"generator\" content=\"feeder\">"

  /// Recognises a page that Feeder wrote.
  package static let signature = FileSignature { String(decoding: $0.head, as: UTF8.self).contains(mark) }

  private init(plotter: Plotter?) { self.plotter = plotter }

  private mutating func add(_ content: ReportContent) {
    html += """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      \(Self.mark)
      <title>\(Self.escaped(content.title))</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <header>
      <h1>\(Self.escaped(content.title))</h1>
      <p class="verdict">\(Self.escaped(content.verdict))</p>
      <dl class="figures">

      """
    for figure in content.figures {
      html += "<div><dt>\(Self.escaped(figure.name))</dt><dd>\(Self.escaped(figure.value))</dd></div>\n"
    }
    html += "</dl>\n</header>\n<main>\n"
    for part in content.parts { add(part) }
    html += "</main>\n</body>\n</html>\n"
  }

  private mutating func add(_ part: ReportContent.Part) {
    html += "<section>\n<h2>\(Self.escaped(part.title))</h2>\n"
    for line in part.text { html += "<p>\(Self.escaped(line))</p>\n" }
    addCharts(part.charts)
    for table in part.tables { add(table) }
    if let (names, matrix) = part.matrix { add(matrix, names) }
    if !part.pictures.isEmpty {
      html += "<div class=\"pictures\">\n"
      for picture in part.pictures {
        html += "<figure><img alt=\"\(Self.escaped(picture.caption))\" src=\"data:image/jpeg;base64,"
        html += Data(picture.jpeg).base64EncodedString()
        html += "\"><figcaption>\(Self.escaped(picture.caption))</figcaption></figure>\n"
      }
      html += "</div>\n"
    }
    for (title, table) in part.details {
      html += "<details><summary>\(Self.escaped(title))</summary>\n"
      add(table)
      html += "</details>\n"
    }
    html += "</section>\n"
  }

  private mutating func addCharts(_ charts: [Chart]) {
    guard !charts.isEmpty else { return }
    guard let plotter else {
      html += "<p class=\"missing\">\(Self.escaped(Plotter.absence))</p>\n"
      return
    }
    html += "<div class=\"charts\">\n"
    for chart in charts {
      do {
        let svg = try plotter.svg(chart, width: Self.chartSize.width, height: Self.chartSize.height)
        html += "<figure role=\"img\" aria-label=\"\(Self.escaped(chart.title))\">\(svg)</figure>\n"
      } catch {
        html += "<p class=\"missing\">\(Self.escaped("\(chart.title): \(error)"))</p>\n"
      }
    }
    html += "</div>\n"
  }

  private mutating func add(_ table: ReportContent.Table) {
    if table.titles.isEmpty {
      html += "<div class=\"wide\"><table class=\"facts\">\n<tbody>\n"
    } else {
      html += "<div class=\"wide\"><table>\n<thead><tr>"
      for title in table.titles { html += "<th>\(Self.escaped(title))</th>" }
      html += "</tr></thead>\n<tbody>\n"
    }
    for row in table.rows {
      html += "<tr>" + row.map { "<td>\(Self.escaped($0))</td>" }.joined() + "</tr>\n"
    }
    html += "</tbody></table></div>\n"
  }

  /// Rows are detected classes, columns true ones. A field's shade is its share of the column.
  private mutating func add(_ matrix: ConfusionMatrix, _ names: [String]) {
    let side = matrix.classCount + 1
    let (all, short) = (names + ["background"], PictureNames(forPage: names).texts + ["background"])
    func head(_ index: Int) -> String {
      let title = short[index] == all[index] ? "" : " title=\"\(Self.escaped(all[index]))\""
      return "<th\(title)>\(Self.escaped(short[index]))</th>"
    }
    html += "<div class=\"wide\"><table class=\"matrix\">\n<thead><tr><th>predicted \\ true</th>"
    for index in 0..<side { html += head(index) }
    html += "</tr></thead>\n<tbody>\n"
    let shares = matrix.normalized
    for row in 0..<side {
      html += "<tr>" + head(row)
      for column in 0..<side {
        let share = (shares[row * side + column] * 100).rounded() / 100
        let kind = row == column ? "right" : "wrong"
        let count = matrix[claimed: row, real: column]
        html += "<td class=\"\(kind)\" style=\"--share:\(share)\">\(count == 0 ? "" : "\(count)")</td>"
      }
      html += "</tr>\n"
    }
    html += "</tbody></table></div>\n"
  }

  /// `text` with HTML characters escaped, and without characters that change the writing direction.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += " "
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
