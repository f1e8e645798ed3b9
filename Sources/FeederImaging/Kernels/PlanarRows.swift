import CPixels
import FeederCore

/// The rows of an image, one channel after the other whatever its layout.
///
/// Interleaved colours are parted row by row into `lines`; the last two rows asked for stay, since a row and the next
/// one are what a resize needs, and needs again.
struct PlanarRows {
  /// A row's first channel, and the bytes from there to the next channel's.
  struct Row {
    let base: UnsafePointer<UInt8>
    let planeStride: Int

    func plane(_ plane: Int) -> UnsafePointer<UInt8> { base + plane * planeStride }
  }

  let image: ImageView
  let lines: UnsafeMutablePointer<UInt8>
  let kernels: UnsafePointer<feeder_kernels>
  /// The row that each half of `lines` holds: the even ones and the odd ones.
  private var even = -1
  private var odd = -1

  /// Bytes of `lines` for interleaved colours of this width.
  static func lineBytes(width: Int) -> Int { 2 * 3 * width }

  /// Bytes of `lines` for this image.
  static func lineBytes(_ image: ImageView) -> Int {
    image.pixelStride == 1 ? 0 : lineBytes(width: image.size.width)
  }

  /// `lines` holds `lineBytes(image)`.
  init(_ image: ImageView, lines: UnsafeMutablePointer<UInt8>, kernels: UnsafePointer<feeder_kernels>) {
    self.image = image
    self.lines = lines
    self.kernels = kernels
  }

  /// Row `index`; valid until a row of the same parity is asked for.
  mutating func row(_ index: Int) -> Row {
    guard image.pixelStride != 1 else { return Row(base: image.row(index, 0), planeStride: image.planeStride) }
    let width = image.size.width
    let isEven = index.isMultiple(of: 2)
    let place = lines + (isEven ? 0 : 3 * width)
    if (isEven ? even : odd) != index {
      kernels.pointee.split_rgb(image.row(index, 0), Int32(width), place, place + width, place + 2 * width)
      if isEven { even = index } else { odd = index }
    }
    return Row(base: UnsafePointer(place), planeStride: width)
  }

  /// Asks the memory for columns `span` of row `index`, all channels.
  func prefetch(_ index: Int, _ span: ClosedRange<Int>) {
    let stride = image.pixelStride
    for plane in 0..<(stride == 1 ? image.channels : 1) {
      feeder_prefetch(image.row(index, plane) + span.lowerBound * stride, Int32(span.count * stride))
    }
  }
}
