import FeederCore

/// The present image of a worker.
struct WorkerTask: Sendable {
  let epoch: Int
  let batch: Int
  let entry: Int
  let watch = Stopwatch()
}

extension LoaderState {
  /// The owners of the slots and the progress of the batches, in words.
  var lines: [String] {
    let batches = batchesInWork.map { batch in
      batch.finished == batch.images
        ? "batch \(batch.index) ready" : "batch \(batch.index) filling (\(batch.finished) of \(batch.images) images)"
    }
    let lent = lentCount > 0 ? ["\(lentCount) lent"] : []
    return ["loader: \(slotCount) slots: " + (batches + lent + ["\(freeCount) free"]).joined(separator: ", ")]
  }
}

extension WorkerCrew {
  /// The state of every worker in words. `name` gives the name of an entry's image, by entry and epoch.
  func lines(_ name: (Int, Int) -> String) -> [String] {
    let busy = tasks.sorted { $0.key < $1.key }.map { number, task in
      let seconds = Double(task.watch.nanoseconds / 100_000_000) / 10
      return "worker \(number): at image '\(name(task.entry, task.epoch))' of batch \(task.batch) for \(seconds) s"
    }
    return busy + (count > busy.count ? ["\(count - busy.count) more workers: waiting for work"] : [])
  }
}
