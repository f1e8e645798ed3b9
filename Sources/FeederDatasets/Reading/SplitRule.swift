import FeederCore

/// Which images become `val` and `test` if nobody split them: the one rule of reading and of importing.
package struct SplitRule: Sendable, Equatable {
  /// The part of the images that becomes `val`, 0 to below 1.
  package var valShare = 0.2
  /// The part of the images that becomes `test`, 0 to below 1; both parts together are below 1.
  package var testShare = 0.0
  /// Another seed chooses other images.
  package var seed: UInt64 = 0
  /// True if the shares may be taken from a `train` that the data set names, because the user gave them.
  package var takesFromTraining = false
  /// Images of one group get one split; without groups each image is one of its own.
  package var groups: ImageGroups?

  /// A fifth for `val`.
  package init(valShare: Double = 0.2, testShare: Double = 0) {
    self.valShare = valShare
    self.testShare = testShare
  }

  /// The split of each of `ids`, in their order.
  ///
  /// It depends on the names of the groups and the seed alone, so more images move none that were there: a group whose checksum
  /// falls into the first `valShare` is `val`, into the next `testShare` is `test`. But each split with a share has at least one
  /// group, `train` first, then `val`, if there are as many.
  package func splits(of ids: some Sequence<String>) -> [Split] {
    let ids = Array(ids)
    let names = groups?.names(of: ids).names ?? ids
    let unique = Set(names)
    guard unique.count > 1, valShare > 0 || testShare > 0 else { return ids.map { _ in .train } }
    let keys = unique.map { (key: Double(Checksum.xxh64(Array($0.utf8), seed: seed) >> 11) / 0x1p53, name: $0) }
      .sorted { ($0.key, $0.name) < ($1.key, $1.name) }
    var splits: [Split] = keys.map { key, _ in
      key < valShare ? .val : key < valShare + testShare ? .test : .train
    }
    splits[keys.count - 1] = .train
    if valShare > 0 { splits[0] = .val }
    if testShare > 0, !splits.contains(.test), let place = Self.placeForTest(splits, hasVal: valShare > 0) {
      splits[place] = .test
    }
    let byName = Dictionary(uniqueKeysWithValues: zip(keys.map(\.name), splits))
    return names.map { byName[$0] ?? .train }
  }

  /// The group that is `test` although its checksum falls into another share; nil if there are too few groups.
  private static func placeForTest(_ splits: [Split], hasVal: Bool) -> Int? {
    let free = (hasVal ? 1 : 0)..<(splits.count - 1)
    return free.first { splits[$0] == .train } ?? free.last
  }

  /// What a person should know of the images of one split: how many were chosen, and by what.
  package func note(_ split: Split, _ chosen: [String], of ids: [String]) -> String {
    guard let groups else { return "\(chosen.count) of \(ids.count) images, chosen by their names, are '\(split)'" }
    let (some, all) = (Set(groups.names(of: chosen).names).count, groups.names(of: ids))
    let rest = all.groupless.isEmpty ? "" : "; \(all.groupless.count) images have no group and are one each"
    return "\(chosen.count) of \(ids.count) images, which are \(some) of \(Set(all.names).count) groups, chosen by the "
      + "groups' names, are '\(split)'\(rest)"
  }
}
