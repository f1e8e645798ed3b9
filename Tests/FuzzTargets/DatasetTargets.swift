import FeederCore
@testable import FeederDatasets
@testable import FeederImporting
import Foundation

extension FuzzTarget {
  /// A label file of YOLO; what was accepted must be accepted again as `feeder prepare` writes it.
  func readLabels(_ bytes: [UInt8]) throws {
    for style in [LabelFile.Style(classCount: 3), LabelFile.Style(classCount: 3, hasKeyPoints: true)] {
      let file = LabelFile(bytes, style: style)
      let again = LabelFile(LayoutText.labelFile(file.labels), style: style)
      precondition(again.labels.count == file.labels.count && again.badLines.isEmpty, "what is written is read")
    }
  }

  /// A label file of DeepPCB, and a list of its images.
  func readDeepPCB(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    attempt { _ = try DeepPCB.pairs(of: file.path, below: "/nowhere") }
    let (objects, badLines) = try DeepPCB.objects(of: file.path)
    let (labels, tally) = ImportedObject.labels(objects, size: PixelSize(side: 640))
    precondition(
      labels.count + tally.duplicateCount + tally.outsideCount == objects.count && badLines.allSatisfy { $0.line > 0 },
      "each object is a label, an equal one or a bad line")
  }

  /// A data.yaml, of which nothing is read but the folders' names; its classes must come back as `feeder prepare` writes them.
  func readYAML(_ bytes: [UInt8]) throws {
    let file = try ScratchFile(bytes)
    let settings = try YAMLFile(file.path)
    _ = settings.root?.mapping.map { mapping in mapping.map { ($0.key.string, $0.value.scalar?.string) } }
    let yaml = try DataYAML(file: file.path).description
    guard bytes.count < 1 << 16 else { return }  // longer ones may pass the limit when they are written
    let written = try ScratchFile(LayoutText.dataYAML(classNames: yaml.classNames))
    let again: DatasetDescription
    do { again = try DataYAML(file: written.path).description } catch {
      preconditionFailure("what is written is read: \(error)")
    }
    precondition(again.classNames == yaml.classNames, "classes are written as they were read")
    attempt { _ = try Dataset.open(file.path) }
  }

  func labelSeeds() -> [[UInt8]] {
    let labels = [
      Label(classID: 1, centerX: 0.5, centerY: 0.25, width: 0.125, height: 0.0625),
      Label(classID: 2, centerX: 1 / 3, centerY: 2 / 3, width: 1e-3, height: 1e-9),
    ]
    return [LayoutText.labelFile(labels), Array("0 0.095 0.5 0.2 5e-1\r\n\n\t1 .1 .2 .05 0.05 ".utf8)]
  }

  func yamlSeeds() -> [[UInt8]] {
    [
      LayoutText.dataYAML(classNames: ["open", "pin hole", "no"]),
      Array("path: .\ntrain: images/t # all\nval: 'images/v'\nnc: 2\nnames: [a, \"b\\u00e9\"]\n".utf8),
      Array("model: yolov8n\nepochs: 100\nlr0: 0.01\nnote: |\n  two\n  lines\n".utf8),
    ]
  }
}
