import FeederCore

/// The six defects of DeepPCB. The raw value is the class number.
enum DefectKind: Int, CaseIterable, Sendable {
  case open, short, mousebite, spur, copper, pinHole

  /// The class names in the order of DeepPCB's types 1 to 6.
  static let classNames = ["open", "short", "mousebite", "spur", "copper", "pin-hole"]

  /// Number of boxes of this kind among DeepPCB's 10,013. Synthetic boards have the same shares.
  var weight: Int { [1942, 1506, 1965, 1625, 1474, 1501][rawValue] }

  /// The new value of the defect's pixels: 1 if the defect adds copper, 0 if it removes copper.
  var paint: UInt8 {
    switch self {
    case .short, .spur, .copper: 1
    case .open, .mousebite, .pinHole: 0
    }
  }

  /// A random kind, with the shares of DeepPCB.
  static func any(_ random: inout CounterRandom) -> DefectKind {
    var rest = random.integer(below: allCases.map(\.weight).reduce(0, +))
    for kind in allCases {
      if rest < kind.weight { return kind }
      rest -= kind.weight
    }
    return .open
  }

  /// A random number of defects per 640 x 640 pixels, with the distribution of boxes per image in DeepPCB: 3 to 12.
  static func anyCount(_ random: inout CounterRandom) -> Int {
    let imageCounts = [36, 103, 260, 335, 310, 216, 152, 60, 10, 18]
    var rest = random.integer(below: imageCounts.reduce(0, +))
    for (place, imageCount) in imageCounts.enumerated() {
      if rest < imageCount { return place + 3 }
      rest -= imageCount
    }
    return 3
  }
}
