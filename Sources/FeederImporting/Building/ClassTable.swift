import FeederDatasets

/// The classes of a data set that is imported, by their names.
///
/// A list that the data set has counts, in its order. Without one, a single label file gives the order in which it names them;
/// several label files have no order, so the names are sorted.
struct ClassTable {
  /// The names; a class is its place.
  private(set) var names: [String] = []
  /// True if the names that no list has stand in several label files.
  var isFromSeveralFiles = false
  private let listedCount: Int
  private var numbers: [String: Int] = [:]

  /// The classes of a list, if there is one; more may follow.
  init(listed: [String]? = nil) {
    for name in listed ?? [] {
      let trimmed = Self.trimmed(name)
      guard !trimmed.isEmpty, numbers[trimmed] == nil else { continue }
      numbers[trimmed] = names.count
      names.append(trimmed)
    }
    listedCount = names.count
  }

  /// The number of a class, which is added if it is new. Blanks around the name do not count; nil for a name of blanks.
  mutating func number(of name: String) -> Int? {
    if let known = numbers[name] { return known }
    let trimmed = Self.trimmed(name)
    guard !trimmed.isEmpty else { return nil }
    if let known = numbers[trimmed] { return known }
    numbers[trimmed] = names.count
    names.append(trimmed)
    return names.count - 1
  }

  /// The number of a class that is known; nil if it is not.
  func known(_ name: String) -> Int? { numbers[name] ?? numbers[Self.trimmed(name)] }

  /// Puts the names into their last order and notes those that differ in case alone. Gives the new number of each class; nil if all
  /// stay.
  mutating func finish(_ findings: inout DatasetFindings) -> [Int]? {
    for group in Dictionary(grouping: names, by: { $0.lowercased() }).values.sorted(by: { $0[0] < $1[0] })
    where group.count > 1 {
      findings.notes.append(
        "classes \(group.sorted().map { "'\($0)'" }.joined(separator: " and ")) differ in case alone and stay apart")
    }
    guard isFromSeveralFiles else { return nil }
    let order = Array(0..<listedCount) + (listedCount..<names.count).sorted { names[$0] < names[$1] }
    names = order.map { names[$0] }
    var remap = [Int](repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { remap[old] = new }
    return remap
  }

  static func trimmed(_ name: String) -> String {
    String(name.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
