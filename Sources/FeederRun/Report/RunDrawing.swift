import FeederCache
import FeederDatasets
import FeederReporting
import FeederTraining
import Foundation

/// Draws the pictures of a run that is going on. A failure is reported in one line and does not affect the run.
package struct RunDrawing {
  let folder: RunFolder
  let settings: RunPlan
  let dataset: Dataset
  let train: OpenedSource
  let validation: OpenedSource
  /// Bytes that loading may take.
  let memory: Int

  /// Pictures of the run in `folder`.
  package init(
    folder: RunFolder, settings: RunPlan, dataset: Dataset, train: OpenedSource, validation: OpenedSource,
    memory: Int
  ) {
    self.folder = folder
    self.settings = settings
    self.dataset = dataset
    self.train = train
    self.validation = validation
    self.memory = memory
  }

  /// Draws the labels and the first training batches, before the first step.
  package func before() {
    do {
      if let plotter = Plotter() {
        try RunPictures(folder: folder, plotter: plotter)
          .writeLabels(train.entries, names: PictureNames(dataset.classNames))
      }
      try BatchPictures(folder: folder, classNames: dataset.classNames)
        .writeTraining(settings, source: train.source, memory: memory)
    } catch {
      Terminal.say("\(Terminal.words(error)); the run continues without these pictures")
    }
    HostMemory.forgetPeak()  // The run's peak of memory does not include the pictures.
  }

  /// Writes the report of a run that has ended and returns its path; nil if it could not be written.
  package func after(_ interruption: Interruption) -> URL? {
    let again = "feeder report \(folder.url.path)"
    do {
      let report = RunReport(
        record: try RunRecord(folder.url.path), settings: settings.with(place: .alone), dataset: dataset, train: train,
        validation: validation,
        memory: memory)
      if let accuracy = try report.write(isCancelled: { interruption.cancellation.isCancelled }) {
        accuracy.lines.forEach(Terminal.say)
        Terminal.say("report: \(folder.report.path)")
        return folder.report
      }
      Terminal.say("interrupted: the run is done, and its report is not written: \(again)")
    } catch {
      Terminal.say("\(Terminal.words(error)); the run is done, and its report is not written: \(again)")
    }
    return nil
  }
}
