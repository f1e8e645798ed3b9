import FeederCodecs
import FeederCore
import FeederImaging
import Foundation

/// All files below a folder with their bytes, by relative path. Throws if a file cannot be read.
package func contents(of folder: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
    let path = folder + "/" + name
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
      files[name] = try Data(contentsOf: URL(filePath: path))
    }
  }
  return files
}

/// The pixels of a JPEG file, decoded to one channel. Throws if it cannot be read or decoded.
package func greyPixels(_ path: String) throws -> Pixels {
  let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
  let decoder = try ImageDecoder()
  let size = try file.withUnsafeBytes { try decoder.open($0).size }
  var pixels = Pixels(size: size, channels: 1, value: 0)
  try file.withUnsafeBytes { jpeg in
    try pixels.bytes.withUnsafeMutableBytes { target in
      _ = try decoder.decode(jpeg, channels: 1, scale: DecodeScale.fitting(size, imageSize: .max), into: target)
    }
  }
  return pixels
}
