import FeederCore
import FeederTorch

/// Finds the device that `--device` names.
package enum DeviceChoice {
  /// The device of a rank. If there are several `names`, the one at the rank's number on this machine. If there is none
  /// and the machine has CUDA devices and several ranks, the CUDA device of that number. Throws `CommandError`.
  package static func device(_ names: [String], of place: RankPlace) throws -> Device {
    if names.count > 1 { return try device(names[place.localRank % names.count]) }
    let name = names.first ?? "auto"
    if place.localCount > 1, name == "auto", Engine.cudaDeviceCount > 0 { return try device("cuda:\(place.localRank)") }
    return try device(name)
  }

  /// The device called `text`. `auto` takes the first CUDA device if there is one, else the CPU. Throws `CommandError`
  /// if there is no such device.
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
