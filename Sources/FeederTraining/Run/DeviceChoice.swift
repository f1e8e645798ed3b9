import FeederCore
import FeederTorch

/// Finds the device that `--device` names.
package enum DeviceChoice {
  /// The device of the rank at `place`: of several `names`, the one at its local rank. With the name `auto` or none,
  /// and several ranks on this machine, the CUDA device at its local rank, if the machine has CUDA devices. Throws
  /// `SettingError`.
  package static func device(_ names: [String], of place: RankPlace) throws -> Device {
    if names.count > 1 { return try device(names[place.localRank % names.count]) }
    let name = names.first ?? "auto"
    if place.localCount > 1, name == "auto", Engine.cudaDeviceCount > 0 { return try device("cuda:\(place.localRank)") }
    return try device(name)
  }

  /// The device with the name `text`. `auto` is the first CUDA device, or the CPU if there is none. Throws
  /// `SettingError` if there is no such device.
  package static func device(_ text: String) throws -> Device {
    switch text.lowercased() {
    case "cpu": return .cpu
    case "auto": return Engine.cudaDeviceCount > 0 ? .cuda(0) : .cpu
    default:
      let name = text.lowercased().replacing("cuda:", with: "").replacing("cuda", with: "0")
      guard let index = Int(name), index >= 0 else {
        throw SettingError("\(setting: "device") \(text): give auto, cpu or cuda:0")
      }
      let count = Engine.cudaDeviceCount
      guard index < count else {
        let reason = count == 0 ? Engine.cudaStatus : "this machine has \(count) CUDA devices"
        throw SettingError("\(setting: "device") \(text): \(reason); use \(setting: "device") cpu")
      }
      return .cuda(index)
    }
  }
}
