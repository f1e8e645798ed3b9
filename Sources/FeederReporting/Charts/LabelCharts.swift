import FeederCore

/// Charts of a split's labels: boxes per class, their positions and their sizes.
package enum LabelCharts {
  /// Most dots in a chart. With more boxes, only every n-th is drawn.
  private static let mostDots = 4000

  /// Charts of the labels of all images, one array per image.
  package static func charts(_ labels: [[Label]], names: PictureNames) -> [Chart] {
    let all = labels.flatMap { $0 }
    var counts = [Double](repeating: 0, count: names.texts.count)
    for label in all where counts.indices.contains(label.classID) { counts[label.classID] += 1 }
    let step = max(all.count / mostDots, 1)
    let shown = stride(from: 0, to: all.count, by: step).map { all[$0] }
    let most = labels.map(\.count).max() ?? 0
    var images = [Double](repeating: 0, count: most + 1)
    for image in labels { images[image.count] += 1 }
    let byCount = images.enumerated().map { (x: Double($0), y: $1) }
    return [
      Chart("instances by class", y: "instances", .bars(names: names.texts, values: counts)),
      Chart("boxes per image", x: "boxes", y: "images", .lines([Chart.Series(nil, byCount, isMain: true)])),
      Chart(
        "centres", x: "x", y: "y", .dots(Chart.Series(nil, shown.map { ($0.centerX, 1 - $0.centerY) })), xRange: 0...1,
        yRange: 0...1),
      Chart("sizes", x: "width", y: "height", .dots(Chart.Series(nil, shown.map { ($0.width, $0.height) }))),
    ]
  }
}
