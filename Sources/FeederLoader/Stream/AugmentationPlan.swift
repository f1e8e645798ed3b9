import FeederCore

/// All random choices for one training image: a pure function of (seed, epoch, index, image count, image size,
/// settings).
///
/// All numbers are always drawn, in the order of the properties, so no setting changes the choices of another.
package struct AugmentationPlan: Sendable, Equatable {
  /// True if four images share the output.
  package let isMosaic: Bool
  /// Entry indices of the image itself and of three others, uniformly random, at upper left, upper right, lower left
  /// and lower right.
  package let members: SIMD4<Int>
  /// The point at which the four images meet, in canvas pixels: whole numbers from 0.5 to 1.5 image sizes.
  package let centerX: Int
  /// See `centerX`.
  package let centerY: Int
  /// Output pixels per canvas pixel.
  package let gain: Double
  /// Position of the canvas's centre in the output, in pixels.
  package let shiftX: Double
  /// See `shiftX`.
  package let shiftY: Double
  /// Factor for the hue.
  package let hueGain: Double
  /// Factor for the saturation.
  package let saturationGain: Double
  /// Factor for the value (brightness).
  package let valueGain: Double
  /// True if the output is mirrored from left to right.
  package let flips: Bool
  /// Rotation of the canvas in radians, counterclockwise.
  package let angle: Double
  /// Shear along x in radians.
  package let shearX: Double
  /// Shear along y in radians.
  package let shearY: Double
  /// Perspective: the change of depth, which is 1 at the centre, per canvas pixel to the right.
  package let perspectiveX: Double
  /// The same per canvas pixel downward.
  package let perspectiveY: Double
  /// True if the output is mirrored from top to bottom.
  package let flipsUp: Bool

  /// Draws the plan of entry `index` of `imageCount` in `epoch`. There is no mosaic unless `mosaicIsOpen`.
  package init(
    seed: UInt64, epoch: Int, index: Int, imageCount: Int, imageSize: Int, mosaicIsOpen: Bool,
    settings: AugmentationSettings
  ) {
    var random = CounterRandom(seed: seed, epoch: epoch, index: index, purpose: .augmentation)
    let side = Double(imageSize)
    isMosaic = random.uniform() < settings.mosaic && mosaicIsOpen
    var members = SIMD4(repeating: index)
    for place in 1..<4 {
      // One of the other entries: numbers from the image's own index on move up by one.
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
    // Drawn last, so older settings keep the stream that they had before these existed.
    let degree = Double.pi / 180
    angle = random.uniform(-1, 1) * settings.degrees * degree
    shearX = random.uniform(-1, 1) * settings.shear * degree
    shearY = random.uniform(-1, 1) * settings.shear * degree
    perspectiveX = random.uniform(-1, 1) * settings.perspective
    perspectiveY = random.uniform(-1, 1) * settings.perspective
    flipsUp = random.uniform() < settings.flipud
  }

  /// True if the canvas is not parallel to the output's axes.
  package var isTurned: Bool {
    angle != 0 || shearX != 0 || shearY != 0 || perspectiveX != 0 || perspectiveY != 0
  }

  /// True if the colours do not change.
  package var keepsColors: Bool { hueGain == 1 && saturationGain == 1 && valueGain == 1 }
}
