import FeederTorch
import FeederTraining

/// What `--device` means on this machine.
package enum DeviceChoice {
  /// The device of a rank of this machine: of several names the one at its place, of CUDA devices that nobody named the one of its number.
  package static func device(_ names: [String], of place: RankPlace) throws -> Device {
    if names.count > 1 { return try device(names[place.localRank % names.count]) }
    let name = names.first ?? "auto"
    if place.localCount > 1, name == "auto", Engine.cudaDeviceCount > 0 { return try device("cuda:\(place.localRank)") }
    return try device(name)
  }

  /// The device called `text`: `auto` takes the first CUDA device where there is one. Throws one line that says why not.
  package static func device(_ text: String) throws -> Device {
    switch text.lowercased() {
    case "cpu": return .cpu
    case "auto": return Engine.cudaDeviceCount > 0 ? .cuda(0) : .cpu
    default:
      let name = text.lowercased().replacing("cuda:", with: "").replacing("cuda", with: "0")
      guard let index = Int(name), index >= 0 else {
        throw CommandError("--device \(text): give auto, cpu or cuda:0")
      }
      let count = Engine.cudaDeviceCount
      guard index < count else {
        let reason = count == 0 ? Engine.cudaStatus : "this machine has \(count) CUDA devices"
        throw CommandError("--device \(text): \(reason); use --device cpu")
      }
      return .cuda(index)
    }
  }
}
