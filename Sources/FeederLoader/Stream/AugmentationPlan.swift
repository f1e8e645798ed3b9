import FeederCore

/// Every random choice of one training image: a pure function of (seed, epoch, index, image count, image size, settings).
///
/// All numbers are always drawn, in the order of the properties, so that one setting never moves another's choice.
package struct AugmentationPlan: Sendable, Equatable {
  /// True where four images share the output.
  package let isMosaic: Bool
  /// Entry indices of the image itself and of three others, uniformly random: upper left, upper right, lower left, lower right.
  package let members: SIMD4<Int>
  /// Where the four images meet, in canvas pixels: whole numbers from half to one and a half image sizes.
  package let centerX: Int
  /// See `centerX`.
  package let centerY: Int
  /// Output pixels a canvas pixel.
  package let gain: Double
  /// Where the canvas's centre lands in the output, in pixels.
  package let shiftX: Double
  /// See `shiftX`.
  package let shiftY: Double
  /// Factor on the hue.
  package let hueGain: Double
  /// Factor on the saturation.
  package let saturationGain: Double
  /// Factor on the value.
  package let valueGain: Double
  /// True where the output is mirrored from left to right.
  package let flips: Bool
  /// Rotation of the canvas in radians, against the clock.
  package let angle: Double
  /// Shear along x in radians.
  package let shearX: Double
  /// Shear along y in radians.
  package let shearY: Double
  /// Perspective: what a canvas pixel to the right of the centre adds to the depth of 1.
  package let perspectiveX: Double
  /// The same for a pixel below the centre.
  package let perspectiveY: Double
  /// True where the output is mirrored from top to bottom.
  package let flipsUp: Bool

  /// Draws the plan of entry `index` of `imageCount` in `epoch`; `mosaicIsOpen` false never gives a mosaic.
  package init(
    seed: UInt64, epoch: Int, index: Int, imageCount: Int, imageSize: Int, mosaicIsOpen: Bool,
    settings: AugmentationSettings
  ) {
    var random = CounterRandom(seed: seed, epoch: epoch, index: index, purpose: .augmentation)
    let side = Double(imageSize)
    isMosaic = random.uniform() < settings.mosaic && mosaicIsOpen
    var members = SIMD4(repeating: index)
    for place in 1..<4 {
      // One of the others: those behind the image itself move up by one.
      let other = random.integer(below: max(imageCount - 1, 1))
      members[place] = imageCount > 1 && other >= index ? other + 1 : other
    }
    self.members = members
    centerX = Int(random.uniform(side * 0.5, side * 1.5))
    centerY = Int(random.uniform(side * 0.5, side * 1.5))
    gain = random.uniform(1 - settings.scale, 1 + settings.scale)
    shiftX = random.uniform(0.5 - settings.translate, 0.5 + settings.translate) * side
    shiftY = random.uniform(0.5 - settings.translate, 0.5 + settings.translate) * side
    hueGain = random.uniform(-1, 1) * settings.hsvH + 1
    saturationGain = random.uniform(-1, 1) * settings.hsvS + 1
    valueGain = random.uniform(-1, 1) * settings.hsvV + 1
    flips = random.uniform() < settings.fliplr
    // Drawn last: without them the stream is the one that it was before they existed.
    let degree = Double.pi / 180
    angle = random.uniform(-1, 1) * settings.degrees * degree
    shearX = random.uniform(-1, 1) * settings.shear * degree
    shearY = random.uniform(-1, 1) * settings.shear * degree
    perspectiveX = random.uniform(-1, 1) * settings.perspective
    perspectiveY = random.uniform(-1, 1) * settings.perspective
    flipsUp = random.uniform() < settings.flipud
  }

  /// True where the canvas does not lie along the output's axes.
  package var isTurned: Bool {
    angle != 0 || shearX != 0 || shearY != 0 || perspectiveX != 0 || perspectiveY != 0
  }

  /// True where the colours stay as they are.
  package var keepsColors: Bool { hueGain == 1 && saturationGain == 1 && valueGain == 1 }
}
