import FeederCache
import FeederDatasets
import Synchronization

extension SourceOpener {
  private static let said = Mutex<Set<String>>([])

  /// An opener that writes lines and progress to stderr. All such openers together say each line once.
  package convenience init(reporting dataset: Dataset, _ options: SourceOptions) {
    @Sendable func say(_ line: String) {
      if Self.said.withLock({ $0.insert(line).inserted }) { Terminal.say(line) }
    }
    self.init(dataset, options, say: { say($0) }) { title, total in
      let bar = ProgressBar(title, total: total, unit: "images")
      return { bar.advance() }
    }
  }
}
