import FeederCore
import Foundation

/// The box around an outline, in pixels: polygons, masks, circles, ellipses and turned boxes all become one.
struct Hull: Sendable, Equatable {
  /// The box; its corners are crossed as long as no point was added.
  private(set) var box = Box(x1: .infinity, y1: .infinity, x2: -.infinity, y2: -.infinity)
  /// True if a coordinate was no finite number.
  private(set) var isBroken = false

  /// A hull of nothing.
  init() {}

  /// The hull of two opposite corners, in any order.
  init(corner: (x: Double, y: Double), other: (x: Double, y: Double)) {
    add(corner.x, corner.y)
    add(other.x, other.y)
  }

  /// The hull of `x y x y ...`; a last number without a second one is left.
  init(flat points: some Sequence<Double>) {
    var x: Double?
    for number in points {
      if let first = x {
        add(first, number)
        x = nil
      } else {
        x = number
      }
    }
  }

  /// The box from (`x`, `y`) of `width` by `height`, turned by `degrees` clockwise on the screen about the point `pivot`.
  init(x: Double, y: Double, width: Double, height: Double, degrees: Double, about pivot: (x: Double, y: Double)) {
    let (sine, cosine) = Self.turn(degrees)
    for (cornerX, cornerY) in [(x, y), (x + width, y), (x + width, y + height), (x, y + height)] {
      let (dx, dy) = (cornerX - pivot.x, cornerY - pivot.y)
      add(pivot.x + dx * cosine - dy * sine, pivot.y + dx * sine + dy * cosine)
    }
  }

  /// The ellipse about (`centerX`, `centerY`) with the half axes `radiusX` and `radiusY`, turned by `degrees` clockwise on the screen.
  init(centerX: Double, centerY: Double, radiusX: Double, radiusY: Double, degrees: Double = 0) {
    let (sine, cosine) = Self.turn(degrees)
    let halfWidth = hypot(radiusX * cosine, radiusY * sine)
    let halfHeight = hypot(radiusX * sine, radiusY * cosine)
    self.init(
      corner: (centerX - halfWidth, centerY - halfHeight), other: (centerX + halfWidth, centerY + halfHeight))
  }

  /// Adds a point.
  mutating func add(_ x: Double, _ y: Double) {
    guard x.isFinite, y.isFinite else {
      isBroken = true
      return
    }
    box.x1 = min(box.x1, x)
    box.y1 = min(box.y1, y)
    box.x2 = max(box.x2, x)
    box.y2 = max(box.y2, y)
  }

  /// Adds the box of another hull.
  mutating func add(_ other: Hull) {
    isBroken = isBroken || other.isBroken
    guard !other.isEmpty else { return }
    add(other.box.x1, other.box.y1)
    add(other.box.x2, other.box.y2)
  }

  /// True if no point was added.
  var isEmpty: Bool { box.x1 > box.x2 }

  /// Sine and cosine; exact for the quarter turns, which are most of them.
  private static func turn(_ degrees: Double) -> (sine: Double, cosine: Double) {
    switch degrees.remainder(dividingBy: 360) {
    case 0: (0, 1)
    case 90: (1, 0)
    case -90: (-1, 0)
    case 180, -180: (0, -1)
    case let rest: (sin(rest * .pi / 180), cos(rest * .pi / 180))
    }
  }
}
