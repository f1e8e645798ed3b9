/// Things of one kind that Feeder met while it read a split: how many, and the first of them.
package struct Sightings: Sendable, Equatable {
  /// How many there are.
  package private(set) var count = 0
  /// The first twenty, in the order in which they were met.
  package private(set) var first: [String] = []

  /// The most that are kept by name.
  package static let kept = 20
  /// The most that a line shows by name.
  private static let shown = 3

  /// None.
  package init() {}

  /// True if there are none.
  package var isEmpty: Bool { count == 0 }

  /// Adds one thing, or `count` things of one name.
  package mutating func note(_ name: @autoclosure () -> String, count: Int = 1) {
    if first.count < Self.kept { first.append(name()) }
    self.count += count
  }

  /// Adds the things of another split.
  package mutating func add(_ other: Sightings) {
    first += other.first.prefix(max(Self.kept - first.count, 0))
    count += other.count
  }

  /// The first few names, and a sign that there are more.
  package var names: String {
    first.prefix(Self.shown).joined(separator: ", ") + (first.count > Self.shown ? ", ..." : "")
  }
}
