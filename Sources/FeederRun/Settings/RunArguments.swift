import FeederCache
import FeederCore
import FeederTraining
import Foundation
import Yams

/// The settings of a run as text by key, from a YAML file and from flags. Flags win. args.yaml holds these texts.
package struct RunArguments {
  private var values: [String: String]
  /// The keys of the settings given as flags.
  private let flags: Set<String>
  /// The data set that the file names; nil if it names none.
  package private(set) var data: String?

  /// Other names of keys in the files of YOLO users.
  private static let synonyms = [
    "imgsz": "image_size", "nbs": "nominal_batch", "lr": "lr0", "max_det": "max_detections",
  ]
  /// Keys of args.yaml that are places and not settings.
  private static let places = ["data", "out"]
  /// Keys whose `auto` is resolved once, by a trial.
  private static let found = ["batch", "precision"]

  /// Settings from `flags` over the settings of the YAML file at `path`. Calls `warn` for keys of the file that have no
  /// effect. If the run is resumed (`goesOn`), the file must be complete, and `auto` keeps the value found at the start
  /// of the run. Throws if the file cannot be read or is not complete.
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
    // args.yaml holds absolute paths, so that it can be read from every folder.
    for setting in SettingTable.all where setting.isPath {
      values[setting.key] = values[setting.key].map(Self.wholePath)
    }
  }

  /// `path` as an absolute path.
  static func wholePath(_ path: String) -> String { URL(filePath: path).absoluteURL.standardizedFileURL.path }

  // MARK: - Reading values

  /// All settings, parsed and checked. Throws if a value is invalid.
  package func request() throws -> TrainingRequest {
    try TrainingRequest(values)
  }

  /// Number of ranks to run on this machine. Throws if a value is invalid or `--ranks` contradicts `--device`.
  package func rankCount() throws -> Int {
    let request = try request()
    let (count, deviceCount) = (request.ranks ?? max(request.devices.count, 1), request.devices.count)
    guard deviceCount <= 1 || count == deviceCount else {
      throw SettingError(
        "\(setting: "ranks") \(count) and \(deviceCount) devices: leave \(setting: "ranks") out; there is one rank per device"
      )
    }
    return count
  }

  /// The plan of the rank at `place`, before any trial. Throws if a value is invalid or the device is not available.
  package func plan(at place: RankPlace = .alone) throws -> RunPlan {
    let request = try request()
    let plan = RunPlan(request, on: try DeviceChoice.device(request.devices, of: place), at: place)
    try plan.check()
    return plan
  }

  // MARK: - Writing values

  /// The text of args.yaml: every setting with its value in this run, then the line that marks a complete file. Throws
  /// if the YAML writer fails.
  package func yaml(_ plan: RunPlan, _ options: SourceOptions, data: String, out: String) throws -> String {
    var all: [(String, String)] = [("data", Self.wholePath(data)), ("out", Self.wholePath(out))]
    let texts = texts(plan, options)
    all += SettingTable.all.compactMap { setting in texts[setting.key].map { (setting.key, $0) } }
    all.append((SettingsFile.endKey, SettingsFile.end(all.count)))
    let pairs = all.map { (Node($0.0), Node($0.1, Tag(.implicit), .any)) }
    return try Yams.serialize(node: Node(pairs))
  }

  /// The text of every setting as the rank at `place` reads it. Equal texts mean equal settings. Throws as `plan` does.
  func values(at place: RankPlace) throws -> [String: String] {
    let plan = try plan(at: place)
    return texts(plan, SourceOptions(plan))
  }

  /// The settings that the user chose: all flags and, if the run is new, settings of the file that differ from the defaults.
  /// Throws if a value is invalid.
  package func chosen(at place: RankPlace, goesOn: Bool) throws -> Set<String> {
    if goesOn { return flags }
    let (own, plain) = (try values(at: place), try RunArguments(flags: [:]).values(at: .alone))
    return flags.union(own.keys.filter { own[$0] != plain[$0] && values[$0] != nil })
  }

  /// The text of every setting that has a value, in one notation.
  private func texts(_ plan: RunPlan, _ options: SourceOptions) -> [String: String] {
    var settled = plan.settled
    settled.memory = options.memory
    if values["device"] == nil { settled.device = "\(plan.device)" }
    return Dictionary(uniqueKeysWithValues: SettingTable.all.map { ($0.key, $0.text(settled)) }).compactMapValues { $0 }
  }
}

extension SourceOptions {
  /// The cache options of a run.
  package init(_ plan: RunPlan) {
    self = plan.sourceOptions(memory: DefaultMemory.bytes.bytes)
  }
}
