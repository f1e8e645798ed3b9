import FeederCache
import FeederCore
import FeederLoader

extension ImageSource {
  /// The most labels on one image; 0 without images.
  package var mostLabels: Int { (0..<count).lazy.map(labelCount).max() ?? 0 }

  /// The counts of tiny boxes over all images whose size is known, cut in tiles as `tiling` says.
  package func tinyBoxes(_ tiling: Tiling?) -> TinyBoxes {
    var boxes = TinyBoxes(tileSide: tiling?.side)
    for index in 0..<count {
      guard labelCount(of: index) > 0, let size = size(of: index) else { continue }
      forEachLabel(of: index) { boxes.add($0, on: size) }
    }
    return boxes
  }
}
