/// Where a value stands in a JSON text: the keys and places on the way to it.
struct JSONPath {
  /// A step from a value to one inside of it.
  enum Step: Equatable {
    case key(String)
    /// A place in an array, counted from 0.
    case place(Int)
  }

  /// From the text's value down.
  var steps: [Step] = []

  /// True if the steps are these keys, `*` for any place in an array or any key.
  func matches(_ pattern: [String]) -> Bool {
    guard steps.count == pattern.count else { return false }
    for (step, wanted) in zip(steps, pattern) where wanted != "*" {
      guard case .key(let key) = step, key == wanted else { return false }
    }
    return true
  }

  /// The last place in an array on the way, counted from 0; nil if there is none.
  var lastPlace: Int? {
    for case .place(let place) in steps.reversed() { return place }
    return nil
  }

  /// The last step's key; nil for a place in an array.
  var lastKey: String? {
    if case .key(let key)? = steps.last { key } else { nil }
  }

  /// The path with `[]` for a place, as in "annotations[].bbox".
  var text: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += text.isEmpty ? key : "." + key
      case .place: text += "[]"
      }
    }
    return text
  }
}
