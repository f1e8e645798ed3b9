import FeederCore
import FeederTorch

/// The meaning of the setting `device` on this machine.
package enum DeviceChoice {
  /// The device of the rank at `place`: of several names the one at its local rank; without a name, the CUDA device with the number
  /// of its local rank.
  package static func device(_ names: [String], of place: RankPlace) throws -> Device {
    if names.count > 1 { return try device(names[place.localRank % names.count]) }
    let name = names.first ?? "auto"
    if place.localCount > 1, name == "auto", Engine.cudaDeviceCount > 0 { return try device("cuda:\(place.localRank)") }
    return try device(name)
  }

  /// The device called `text`: `auto` takes the first CUDA device if there is one, else the CPU. Throws `SettingError` if there is none.
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
