import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// A picture whose pixels above 0 are defects, as MVTec AD and VisA label them.
struct MaskFile {
  /// Boxes of connected pixels.
  struct Parts: Sendable {
    /// A box for each connected part that is no speck.
    let boxes: [Box]
    /// Parts of less than `leastArea` pixels, which are left out.
    let speckCount: Int

    fileprivate init(_ parts: [MaskParts.Part]) {
      boxes = parts.filter { $0.area >= MaskFile.leastArea }.map(\.box)
      speckCount = parts.count - boxes.count
    }
  }

  /// Its size, which must be the size of its image.
  let size: PixelSize
  /// The pixels above 0.
  let all: Parts
  /// The pixels of each value above 0, if the values were asked for; empty for a JPEG, which blurs them, and for many values.
  let byValue: [UInt8: Parts]

  /// The least pixels of a part that is a defect.
  static let leastArea = 4
  /// Numbers of kinds of defects; a mask with more values has shades.
  private static let mostValues = 32
  /// What is left out, in words.
  static let speck = "speck of under \(leastArea) pixels"

  /// Reads masks with one decoder.
  final class Reader {
    private let decoder: ImageDecoder

    /// Throws `ImagingError` if memory is short.
    init() throws { decoder = try ImageDecoder() }

    /// The mask at `path`, with its values if `partsValues`; else why it is none.
    func read(_ path: String, partsValues: Bool = false) -> Result<MaskFile, BadMask> {
      do {
        let bytes = try FileBytes.read(path)
        return try bytes.withUnsafeBytes { encoded in
          let format = try ImageHeader(of: encoded).format
          let pixels = try decoder.decode(encoded, channels: 1)
          // JPEG blurs an edge into levels near black and near white.
          guard let parts = MaskParts(pixels.bytes, size: pixels.size, ground: format == .jpeg ? 127 : 0) else {
            return .failure(BadMask(problem: "is noise: it has more than a million parts"))
          }
          let values = partsValues && format != .jpeg ? Set(pixels.bytes).subtracting([0]) : []
          var byValue: [UInt8: Parts] = [:]
          for value in values where values.count <= MaskFile.mostValues {
            let own = pixels.bytes.map { $0 == value ? 1 : 0 } as [UInt8]
            byValue[value] = MaskParts(own, size: pixels.size, ground: 0).map { Parts($0.parts) }
          }
          return .success(MaskFile(size: pixels.size, all: Parts(parts.parts), byValue: byValue))
        }
      } catch let error as ImagingError {
        return .failure(BadMask(problem: "\(error)"))
      } catch DatasetError.unreadable(_, let reason) {
        return .failure(BadMask(problem: "cannot be read (\(reason))"))
      } catch {
        return .failure(BadMask(problem: "cannot be read (\(error))"))
      }
    }
  }

  /// Why a file is no mask, as a predicate.
  struct BadMask: Error { let problem: String }
}

extension DatasetBuilder {
  /// Adds `image` with the objects of the mask at `mask`, which was `read`. `classes` gives the parts of each class.
  mutating func add(
    _ image: String, mask: String, _ read: Result<MaskFile, MaskFile.BadMask>, split: Split?,
    classes named: (MaskFile) -> [(className: String, parts: MaskFile.Parts)]
  ) {
    let place = Place(file: mask)
    notPictures.insert(mask)
    var (objects, badLines): ([ImportedObject], [BadLabelLine]) = ([], [])
    var size: PixelSize?
    switch read {
    case .failure(let bad): badLines.append(BadLabelLine(line: 0, problem: bad.problem))
    case .success(let file):
      size = file.size
      for (className, parts) in named(file) {
        if parts.speckCount > 0 { leaveOut(MaskFile.speck, at: place, count: parts.speckCount) }
        if let classID = classes.number(of: className) {
          objects += parts.boxes.map { ImportedObject(classID: classID, box: $0, line: 1, isOutline: true) }
        } else if !parts.boxes.isEmpty {
          badLines.append(BadLabelLine(line: 0, problem: "has no class"))
        }
      }
      if file.all.boxes.isEmpty { leaveOut("mask without a defect", at: place) }
    }
    add(
      ImportedImage(
        split: split, imageID: "", imagePath: image, labelPath: mask, statedSize: size,
        objects: .pixels(objects, badLines)),
      at: place)
  }

  /// Adds an image without objects, as a good board's.
  mutating func addGood(_ image: String, split: Split?) {
    add(
      ImportedImage(split: split, imageID: "", imagePath: image, labelPath: image, objects: .pixels([], [])),
      at: Place(file: image))
  }
}
