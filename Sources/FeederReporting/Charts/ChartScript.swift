import Foundation

/// A chart as a gnuplot script. Names come from users: they enter the script only through `quoted` and `tick`. All
/// terminals are set to `noenhanced`, so that `_`, `^`, `{}`, `@` and `&` are plain characters.
struct ChartScript {
  /// Most classes that all get a name on an axis. With more, only every k-th gets one.
  static let mostTicks = 40
  /// Most lines that all get a name in the key. With more, only the main one gets one.
  static let mostKeys = 20
  /// Colour of text and axes.
  let ink: String
  private var text = ""

  /// Colours of lines: readable on white and on black, and distinct for most colour-blind people.
  static let colors = [
    "#4c8dd6", "#e8843c", "#3ba272", "#d65f5f", "#9a7fd1", "#a07855", "#d976b7", "#7f8c8d", "#b5a642", "#39b3c6",
  ]

  /// The script that draws `charts` in a grid of `columns`.
  init(_ charts: [Chart], columns: Int, ink: String) {
    self.ink = ink
    let rows = (charts.count + columns - 1) / columns
    add("set encoding utf8")
    if charts.count > 1 { add("set multiplot layout \(rows),\(columns)") }
    for chart in charts { add(chart) }
    if charts.count > 1 { add("unset multiplot") }
  }

  /// The gnuplot commands.
  var lines: String { text }

  private mutating func add(_ line: String) { text += line + "\n" }

  /// `name` as a gnuplot string in single quotes, in which gnuplot executes and expands nothing. Line ends and control
  /// characters become spaces. An apostrophe becomes a typographic one, because gnuplot 5.4 miscounts doubled ones at
  /// the start of a string.
  static func quoted(_ name: String) -> String {
    let clean = name.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: " "
      default: String(scalar)
      }
    }.joined()
    return "'" + clean.replacing("'", with: "\u{2019}") + "'"
  }

  /// `name` as the string of a tick, which gnuplot uses as a format.
  static func tick(_ name: String) -> String { quoted(name.replacing("%", with: "%%")) }

  /// The ticks of an axis with one name per whole number from 0. The last one always gets its name.
  private static func ticks(_ names: [String]) -> String {
    let step = max((names.count + mostTicks - 1) / mostTicks, 1)
    let last = names.count - 1
    let named = names.indices.filter { $0 == last || ($0 % step == 0 && last - $0 >= step) }
    return named.map { "\(tick(names[$0])) \($0)" }.joined(separator: ", ")
  }

  /// The rotation of names on the lower axis that keeps them from overlapping.
  private static func turn(_ names: [String]) -> String {
    names.count > 20 ? " rotate by -90" : names.count > 4 ? " rotate by -40" : ""
  }

  private mutating func add(_ chart: Chart) {
    add("reset")
    add("set border 3 lc rgb '\(ink)' lw 0.5")
    add("set grid lc rgb '\(ink)' lw 0.15")
    for axis in ["xtics", "ytics"] { add("set \(axis) nomirror textcolor rgb '\(ink)'") }
    add("set title \(Self.quoted(chart.title)) textcolor rgb '\(ink)'")
    add("set xlabel \(Self.quoted(chart.xLabel)) textcolor rgb '\(ink)'")
    add("set ylabel \(Self.quoted(chart.yLabel)) textcolor rgb '\(ink)'")
    add("set key textcolor rgb '\(ink)' samplen 1.5")
    if let range = chart.xRange { add("set xrange [\(range.lowerBound):\(range.upperBound)]") }
    if let range = chart.yRange { add("set yrange [\(range.lowerBound):\(range.upperBound)]") }
    guard chart.hasData else {
      add("set label \(Self.quoted("no data")) at graph 0.5,0.5 center textcolor rgb '\(ink)'")
      add("plot [0:1] [0:1] NaN notitle")
      return
    }
    switch chart.content {
    case .lines(let series): addLines(series)
    case .stack(let series): addStack(series)
    case .dots(let series): addDots(series)
    case .bars(let names, let values): addBars(names, values)
    case .matrix(let names, let values, let digits): addMatrix(names, values, digits)
    }
  }

  private mutating func addData(_ name: String, _ rows: [String]) {
    add("$\(name) << END")
    for row in rows { add(row) }
    add("END")
  }

  private mutating func addLines(_ all: [Chart.Series]) {
    let series = all.filter { !$0.points.isEmpty }
    let nameCount = series.count { $0.name != nil }
    // Many lines leave no room for a key inside the chart.
    if nameCount > 3 { add("set key below") }
    let hasKeys = nameCount <= Self.mostKeys + 1
    for (index, one) in series.enumerated() { addData("d\(index)", one.points.map { "\($0.x) \($0.y)" }) }
    let hasMain = series.contains(where: \.isMain)
    let parts = series.enumerated().map { index, one in
      let color = one.isMain ? Self.colors[0] : Self.colors[(index + (hasMain ? 1 : 0)) % Self.colors.count]
      let style = one.points.count == 1 ? "points pt 7 ps 0.7" : "lines lw \(one.isMain ? 2.5 : 1.4)"
      return "$d\(index) using 1:2 with \(style) lc rgb '\(color)' "
        + (one.name.flatMap { hasKeys || one.isMain ? "title \(Self.quoted($0))" : nil } ?? "notitle")
    }
    add("plot " + parts.joined(separator: ", "))
  }

  private mutating func addStack(_ series: [Chart.Series]) {
    let count = series.map(\.points.count).min() ?? 0
    addData(
      "d",
      (0..<count).map { row in
        var sum = 0.0
        let sums = series.map { one in
          sum += max(one.points[row].y, 0)
          return "\(sum)"
        }
        return (["\(series[0].points[row].x)"] + sums).joined(separator: " ")
      })
    add("set key below")
    add("set style fill solid 0.85 noborder")
    // The tallest first, because each later area covers what is below it.
    let parts = series.indices.reversed().map { index in
      "$d using 1:\(index + 2) with filledcurves x1 lc rgb '\(Self.colors[index % Self.colors.count])' title "
        + Self.quoted(series[index].name ?? "")
    }
    if count == 1 {
      add("set boxwidth 0.5")
      add("plot " + parts.map { $0.replacing("filledcurves x1", with: "boxes") }.joined(separator: ", "))
    } else {
      add("plot " + parts.joined(separator: ", "))
    }
  }

  private mutating func addDots(_ series: Chart.Series) {
    addData("d", series.points.map { "\($0.x) \($0.y)" })
    add("plot $d using 1:2 with points pt 7 ps 0.35 lc rgb '#a0\(Self.colors[0].dropFirst())' notitle")
  }

  private mutating func addBars(_ names: [String], _ values: [Double]) {
    addData("d", values.enumerated().map { "\($0) \($1)" })
    add("set style fill solid 0.85 noborder")
    add("set boxwidth 0.7")
    add("set yrange [0:*]")
    add("set xrange [-0.6:\(Double(names.count) - 0.4)]")
    add("set xtics (\(Self.ticks(names)))\(Self.turn(names))")
    add("plot $d using 1:2 with boxes lc rgb '\(Self.colors[0])' notitle")
  }

  private mutating func addMatrix(_ names: [String], _ values: [Double], _ digits: Int) {
    let side = names.count
    addData(
      "d", (0..<side).map { row in values[row * side..<row * side + side].map { "\($0)" }.joined(separator: " ") })
    add("set xtics (\(Self.ticks(names)))\(Self.turn(names))")
    add("set ytics (\(Self.ticks(names)))")
    add("set xrange [-0.5:\(Double(side) - 0.5)]")
    add("set yrange [\(Double(side) - 0.5):-0.5]")
    add("unset grid")
    add("unset key")
    add("set palette defined (0 '#f7fbff', 1 '#08306b')")
    let most = max(values.max() ?? 0, 1e-9)
    add("set cbrange [0:\(most)]")
    var parts = ["$d matrix with image pixels"]
    if side <= 30 {
      // White on dark fields, near black on light ones.
      parts.append(
        "$d matrix using 1:2:($3 > 0 ? sprintf('%.\(digits)f', $3) : ''):($3 > \(0.55 * most) ? 0xffffff : 0x202020) with labels textcolor rgb variable"
      )
    }
    add("plot " + parts.joined(separator: ", "))
  }
}
