import ArgumentParser
import FeederCache
import FeederDatasets
import FeederRun

/// `feeder cache verify`: compares cache files and sources with their checksums.
struct CacheVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compares every record and every source with its checksum; names each image that differs.")

  private struct Finding: Encodable {
    let path: String
    let imageId: String?
    let problem: String
  }

  private struct Report: Encodable {
    let fileCount: Int
    let imageCount: Int
    let findings: [Finding]
  }

  @OptionGroup var location: CacheLocation

  func run() throws {
    let dataset = try location.dataset()
    let folder = CacheFolder(location.cacheDir)
    let paths = try folder.files(of: dataset)
    guard !paths.isEmpty else {
      throw CommandError(
        "\(folder.url.path): no cache files of \(dataset.configurationURL.path); make them with 'feeder cache build'")
    }
    var imageCount = 0
    var findings: [Finding] = []
    for path in paths {
      do {
        let file = try CacheFile(path: path)
        imageCount += file.count
        let bar = ProgressBar("verifying \(file.split) as \(file.recipe.name)", total: file.count, unit: "images")
        let entries = try location.entries(dataset, file.split)
        findings += try CacheVerification(file, entries, progress: { bar.advance() }).findings.map {
          Finding(path: path, imageId: $0.imageID, problem: $0.problem)
        }
      } catch let error as CacheError {
        findings.append(Finding(path: path, imageId: nil, problem: Terminal.words(error)))
      }
    }
    let lines =
      findings.isEmpty
      ? ["\(imageCount) images in \(paths.count) cache files are as they were built"]
      : findings.map { ($0.imageId.map { $0 + ": " } ?? "") + $0.problem }
    try Terminal.show(
      lines, json: location.json, Report(fileCount: paths.count, imageCount: imageCount, findings: findings))
    guard findings.isEmpty else {
      throw CommandError(
        "\(findings.count) of \(imageCount) cached images differ; 'feeder cache build' or 'train' rebuilds changed "
          + "sources, 'feeder cache drop' removes damaged files")
    }
  }
}
