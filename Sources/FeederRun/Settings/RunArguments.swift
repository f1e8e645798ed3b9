import FeederCache
import FeederCore
import FeederTraining
import Foundation
import Yams

/// The settings of a run as text by key, from a YAML file and from flags; flags win. What args.yaml holds.
package struct RunArguments {
  private var values: [String: String]
  /// The settings that flags gave.
  private let flags: Set<String>
  /// The data that the file names; nil if it names none.
  package private(set) var data: String?

  /// Other words for a key that YOLO users have in their files.
  private static let synonyms = [
    "imgsz": "image_size", "nbs": "nominal_batch", "lr": "lr0", "max_det": "max_detections",
  ]
  /// Keys of args.yaml that say where and not how.
  private static let places = ["data", "out"]
  /// Keys whose `auto` is found once, by trying.
  private static let found = ["batch", "precision"]

  /// Settings from `flags` over those of the YAML file at `path`. A key of the file that has no effect is told to `warn`.
  /// If the run goes on, the file must be whole, and `auto` keeps what was found when the run began.
  package init(
    flags: [String: String], file path: String? = nil, goesOn: Bool = false, warn: (String) -> Void = Terminal.say
  ) throws {
    values = [:]
    self.flags = Set(flags.keys)
    if let path {
      let file = try SettingsFile(path)
      if goesOn { try file.checkWhole() }
      for (key, value) in file.settings {
        let name = key.replacing("-", with: "_")
        let known = Self.synonyms[name] ?? name
        if SettingTable.setting(known) != nil {
          guard let value else { throw CommandError("\(path): the setting '\(key)' is not a single value") }
          values[known] = value
        } else if known == "data" {
          data = value
        } else if !Self.places.contains(known) {
          warn("\(path): '\(key)' has no effect here")
        }
      }
    }
    for (key, flag) in flags {
      let isFound = goesOn && Self.found.contains(key) && values[key] != nil && flag.lowercased() == "auto"
      if !isFound { values[key] = flag }
    }
    // args.yaml holds whole paths, so it can be read from every folder.
    for setting in SettingTable.all where setting.isPath {
      values[setting.key] = values[setting.key].map(Self.wholePath)
    }
  }

  /// A path from the root on.
  static func wholePath(_ path: String) -> String { URL(filePath: path).absoluteURL.standardizedFileURL.path }

  // MARK: - Reading values

  /// What is asked of the run, every value read and in its range.
  package func request() throws -> TrainingRequest {
    try TrainingRequest(values)
  }

  /// Ranks that this machine shall run.
  package func rankCount() throws -> Int {
    let request = try request()
    let (count, deviceCount) = (request.ranks ?? max(request.devices.count, 1), request.devices.count)
    guard deviceCount <= 1 || count == deviceCount else {
      throw SettingError(
        "\(setting: "ranks") \(count) and \(deviceCount) devices: leave \(setting: "ranks") away, it is one for each device"
      )
    }
    return count
  }

  /// The plan of the rank at `place`, before anything is tried.
  package func plan(at place: RankPlace = .alone) throws -> RunPlan {
    let request = try request()
    let plan = RunPlan(request, on: try DeviceChoice.device(request.devices, of: place), at: place)
    try plan.check()
    return plan
  }

  // MARK: - Writing values

  /// The text of args.yaml: every setting with its value in this run, and the line that ends a whole file.
  package func yaml(_ plan: RunPlan, _ options: SourceOptions, data: String, out: String) throws -> String {
    var all: [(String, String)] = [("data", Self.wholePath(data)), ("out", Self.wholePath(out))]
    let texts = texts(plan, options)
    all += SettingTable.all.compactMap { setting in texts[setting.key].map { (setting.key, $0) } }
    all.append((SettingsFile.endKey, SettingsFile.end(all.count)))
    let pairs = all.map { (Node($0.0), Node($0.1, Tag(.implicit), .any)) }
    return try Yams.serialize(node: Node(pairs))
  }

  /// Every value as the rank at `place` reads it: equal texts are equal settings.
  func values(at place: RankPlace) throws -> [String: String] {
    let plan = try plan(at: place)
    return texts(plan, SourceOptions(plan.request))
  }

  /// The settings that somebody chose: those that flags gave and, if the run begins, those of the file that are not as by default.
  package func chosen(at place: RankPlace, goesOn: Bool) throws -> Set<String> {
    if goesOn { return flags }
    let (own, plain) = (try values(at: place), try RunArguments(flags: [:]).values(at: .alone))
    return flags.union(own.keys.filter { own[$0] != plain[$0] && values[$0] != nil })
  }

  /// The text of every setting that has a value, in one way of writing.
  private func texts(_ plan: RunPlan, _ options: SourceOptions) -> [String: String] {
    var settled = plan.settled
    settled.memory = options.memory
    if values["device"] == nil { settled.device = "\(plan.device)" }
    return Dictionary(uniqueKeysWithValues: SettingTable.all.map { ($0.key, $0.text(settled)) }).compactMapValues { $0 }
  }
}

extension SourceOptions {
  /// How a run keeps its images.
  package init(_ request: TrainingRequest) {
    self = request.sourceOptions(memory: DefaultMemory.bytes.bytes)
  }
}
