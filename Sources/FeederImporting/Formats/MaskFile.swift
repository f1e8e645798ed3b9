import FeederCodecs
import FeederCore
import FeederDatasets
import FeederImaging

/// A picture whose pixels above 0 are defects, as MVTec AD and VisA label them.
struct MaskFile {
  /// Its size, which must be the size of its image.
  let size: PixelSize
  /// A box for each connected part that is no speck.
  let boxes: [Box]
  /// Parts of less than `leastArea` pixels, which are left out.
  let speckCount: Int

  /// The least pixels of a part that is a defect.
  static let leastArea = 4
  /// What is left out, in words.
  static let speck = "speck of under \(leastArea) pixels"

  /// Reads masks with one decoder.
  final class Reader {
    private let decoder: ImageDecoder

    /// Throws `ImagingError` if memory is short.
    init() throws { decoder = try ImageDecoder() }

    /// The mask at `path`; else why it is none.
    func read(_ path: String) -> Result<MaskFile, BadMask> {
      do {
        let bytes = try FileBytes.read(path)
        return try bytes.withUnsafeBytes { encoded in
          let format = try ImageHeader(of: encoded).format
          let pixels = try decoder.decode(encoded, channels: 1)
          // JPEG blurs an edge into levels near black and near white.
          guard let parts = MaskParts(pixels.bytes, size: pixels.size, ground: format == .jpeg ? 127 : 0) else {
            return .failure(BadMask(problem: "is noise: it has more than a million parts"))
          }
          return .success(MaskFile(pixels.size, parts.parts))
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

  private init(_ size: PixelSize, _ parts: [MaskParts.Part]) {
    self.size = size
    boxes = parts.filter { $0.area >= Self.leastArea }.map(\.box)
    speckCount = parts.count - boxes.count
  }
}

extension DatasetBuilder {
  /// Adds `image` with the objects of the mask at `mask`, all of one class.
  mutating func add(_ image: String, mask: String, className: String, split: Split?, _ reader: MaskFile.Reader) {
    let place = Place(file: mask)
    notPictures.insert(mask)
    var (objects, badLines): ([ImportedObject], [BadLabelLine]) = ([], [])
    var size: PixelSize?
    switch reader.read(mask) {
    case .failure(let bad): badLines.append(BadLabelLine(line: 0, problem: bad.problem))
    case .success(let file):
      size = file.size
      if file.speckCount > 0 { leaveOut(MaskFile.speck, at: place, count: file.speckCount) }
      if let classID = classes.number(of: className) {
        objects = file.boxes.map { ImportedObject(classID: classID, box: $0, line: 1, isOutline: true) }
      } else if !file.boxes.isEmpty {
        badLines.append(BadLabelLine(line: 0, problem: "has no class"))
      }
      if file.boxes.isEmpty { leaveOut("mask without a defect", at: place) }
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
