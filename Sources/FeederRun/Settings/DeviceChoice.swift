import FeederTorch

/// What `--device` means on this machine.
package enum DeviceChoice {
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
