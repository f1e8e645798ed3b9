import Foundation
import FuzzTargets

// Runs libFuzzer, whose `main` `-sanitize=fuzzer` adds, on the parsers of FuzzTargets. tools/torture builds and runs it:
// FUZZ_TARGET=NAME Fuzz [libFuzzer's flags] [corpus folders]   reads inputs until one of the flags ends it
// FUZZ_SEEDS=FOLDER Fuzz                                       writes each target's first inputs, by Feeder's writers
// FUZZ_TARGET=names Fuzz                                       prints the names of the targets, one per line

/// libFuzzer calls on one thread.
nonisolated(unsafe) private var chosen = FuzzTarget.labels

/// libFuzzer calls this once before the first input. Chooses the target, or does what the environment asks for.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?) -> Int32 {
  let environment = ProcessInfo.processInfo.environment
  if let folder = environment["FUZZ_SEEDS"] {
    do {
      try writeSeeds(URL(filePath: folder))
      exit(0)
    } catch {
      fail("\(folder): \(error)")
    }
  }
  let name = environment["FUZZ_TARGET"] ?? ""
  if name == "names" {
    for target in FuzzTarget.allCases { print(target.rawValue) }
    exit(0)
  }
  guard let target = FuzzTarget(rawValue: name) else { fail("FUZZ_TARGET '\(name)': FUZZ_TARGET=names lists them") }
  chosen = target
  return 0
}

/// libFuzzer calls this with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  chosen.read([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

private func writeSeeds(_ folder: URL) throws {
  for target in FuzzTarget.allCases {
    let own = folder.appending(path: target.rawValue)
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    for (number, seed) in try target.seeds().enumerated() {
      try Data(seed).write(to: own.appending(path: "seed\(number)"))
    }
  }
}

private func fail(_ line: String) -> Never {
  FileHandle.standardError.write(Data((line + "\n").utf8))
  exit(2)
}
