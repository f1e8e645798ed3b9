import FeederMetrics

/// Whether the category_ids of a predictions file count from 0 or from 1.
package enum CategoryStart: String, CaseIterable, Sendable {
  /// Decided from the file; 0 if it shows nothing.
  case auto
  case zero = "0"
  case one = "1"
}

/// How the category_ids of a file were read, and why. It is always printed, because a wrong choice shifts every class.
struct CategoryReading {
  /// The category_id of class 0.
  let start: Int
  /// The choice and its reason, as a line.
  let line: String
  /// A line if the labels fit the other choice better; nil if not.
  let doubt: String?

  /// Decides for all predictions of a file. `isNamed` is true if every entry has a `file_name`: the ultralytics package
  /// writes one and counts from 1, except for COCO.
  init(_ found: [FoundBox], isNamed: Bool, classCount: Int, _ choice: CategoryStart) {
    let ids = found.map(\.detection.classID)
    let (least, most) = (ids.min() ?? 0, ids.max() ?? 0)
    func matches(_ start: Int) -> Int {
      found.count { $0.covers($0.detection.box, classID: $0.detection.classID - start) }
    }
    let (fromZero, fromOne) = (matches(0), matches(1))
    let reason: String
    switch choice {
    case .zero: (start, reason) = (0, "--categories-from")
    case .one: (start, reason) = (1, "--categories-from")
    case .auto:
      if least >= 1, most == classCount, fromOne >= fromZero {
        (start, reason) = (1, "there is no 0, and there is a \(classCount) for \(classCount) classes")
      } else if least >= 1, isNamed, most < classCount, fromOne >= fromZero {
        (start, reason) = (
          1, "every entry has a file_name, as the ultralytics package writes it, and none has category 0"
        )
      } else {
        (start, reason) = (0, least == 0 ? "there is a 0" : "the default")
      }
    }
    line = "category_id counts from \(start) (\(reason))"
    let (own, other) = start == 0 ? (fromZero, fromOne) : (fromOne, fromZero)
    let isDoubtful = other > 0 && other >= 4 * own
    doubt =
      isDoubtful
      ? "\(own) of \(found.count) boxes cover a label of their class, and \(other) would if category_id counted from "
        + "\(1 - start): try --categories-from \(1 - start)"
      : nil
  }
}
