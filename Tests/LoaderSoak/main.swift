// Runs a loader for many epochs and prints its memory and allocations beside its plan, as one JSON document:
// LoaderSoak DATA CACHE-FOLDER FORM BATCH IMAGE-SIZE EPOCHS BUDGET-BYTES
// CAllocationCount's malloc counts the blocks allocated per batch in the last epoch, from its second batch on.
import CAllocationCount
import FeederCache
import FeederDatasets
import FeederLoader
import Foundation

struct Report: Encodable {
  let allocationsPerBatch: Double
  let batchCount: Int
  let plannedBytes: Int
  let openedBytes: Int
  let largestGrowthBytes: Int
  let residentBytesByEpoch: [Int]
  let streamHash: String
}

/// Resident bytes of this process that no file backs: RssAnon and RssShmem of /proc/self/status.
func unbackedBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
  return text.split(separator: "\n").reduce(0) { sum, line in
    guard line.hasPrefix("RssAnon:") || line.hasPrefix("RssShmem:") else { return sum }
    return sum + (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 8, let form = CacheChoice(rawValue: arguments[3]), let batchSize = Int(arguments[4]),
  let imageSize = Int(arguments[5]), let epochCount = Int(arguments[6]), let budget = Int(arguments[7])
else {
  FileHandle.standardError.write(Data("usage: LoaderSoak DATA CACHE-FOLDER FORM BATCH IMAGE-SIZE EPOCHS BUDGET\n".utf8))
  exit(2)
}
do {
  let dataset = try Dataset.open(arguments[1])
  var options = SourceOptions(imageSize: imageSize)
  options.cache = form
  options.cacheFolder = arguments[2]
  let source = try SourceOpener(dataset, options).open(.train).source
  let opened = unbackedBytes()
  let loader = try Loader(
    source: source,
    settings: LoaderSettings(
      batch: batchSize, imageSize: imageSize, mode: .training(AugmentationSettings()), workers: 2, prefetchDepth: 64,
      memoryBudget: budget))
  var resident: [Int] = []
  resident.reserveCapacity(epochCount)
  var largest = opened
  var (before, after): (UInt64, UInt64) = (0, 0)
  for epoch in 0..<epochCount {
    loader.startEpoch(epoch)
    while let batch = try loader.nextBatch() {
      let index = batch.index
      batch.release()
      if epoch == epochCount - 1 {
        if index == 0 { before = feeder_allocation_count() }
        after = feeder_allocation_count()
      } else if index % 8 == 0 {
        largest = max(largest, unbackedBytes())
      }
    }
    resident.append(unbackedBytes())
  }
  let report = Report(
    allocationsPerBatch: Double(after - before) / Double(max(loader.batchCount - 1, 1)), batchCount: loader.batchCount,
    plannedBytes: loader.plannedBytes, openedBytes: opened, largestGrowthBytes: largest - opened,
    residentBytesByEpoch: resident, streamHash: String(loader.epochHash, radix: 16))
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(String(decoding: try encoder.encode(report), as: UTF8.self))
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
