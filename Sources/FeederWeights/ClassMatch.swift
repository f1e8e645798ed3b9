import FeederCore
import FeederMetrics

/// Maps each class of weights to a class of a data set: by name, or by number if the weights do not state their names.
package struct ClassMatch: Sendable {
  /// For each class of the weights, its place among the classes of the data; nil if both have the same order.
  private let places: [Int]?
  /// A line for people unless both lists are equal.
  package let line: String?

  /// A line prints at most this many names of a list.
  private static let mostNames = 100

  /// Matches the classes of `file` with `classNames` of the data set called `data`. Throws `WeightsError.unusable`: with both lists
  /// if the names differ, or with both counts if the weights do not state their names.
  package init(_ file: WeightsFile, classNames: [String], data: String) throws {
    let count = file.classCount ?? 0
    guard let names = file.classNames, names.count == count else {
      guard count == classNames.count else {
        throw WeightsError.unusable(
          file: file.path,
          reason:
            "has \(count) classes, and \(data) names \(classNames.count): \(Self.list(classNames)); give the data of these weights"
        )
      }
      places = nil
      line = "\(file.path): does not say the names of its classes; they are taken in the order of \(data)"
      return
    }
    if names == classNames {
      (places, line) = (nil, nil)
      return
    }
    let found = names.compactMap(classNames.firstIndex)
    guard found.count == names.count, Set(found).count == classNames.count else {
      throw WeightsError.unusable(
        file: file.path,
        reason:
          SettingLine(
            "has \(count) classes (\(Self.list(names))), and \(data) names \(classNames.count) (\(Self.list(classNames))): give the "
              + "data of these weights"))
    }
    places = found
    line =
      "\(file.path): it has the classes of \(data) in another order (\(Self.list(names))); they are matched by name"
  }

  /// The names with commas between them, cut if they are many.
  static func list(_ names: [String]) -> String {
    names.prefix(mostNames).joined(separator: ", ")
      + (names.count > mostNames ? " and \(names.count - mostNames) more" : "")
  }

  /// The results with class numbers of the data set.
  package func callAsFunction(_ results: [ImageResult]) -> [ImageResult] {
    guard let places else { return results }
    return results.map { result in
      var result = result
      for index in result.detections.indices where places.indices.contains(result.detections[index].classID) {
        result.detections[index].classID = places[result.detections[index].classID]
      }
      return result
    }
  }
}
