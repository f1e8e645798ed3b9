import CPixels
import Foundation

/// The instructions that the pixel kernels use; every level gives the same bytes, so it decides about speed alone.
package enum PixelLevel: Int32, CaseIterable, Sendable {
  /// C for any processor: the reference of the others.
  case plain = 0
  /// x86-64 with AVX2.
  case avx2 = 1
  /// x86-64 with AVX-512 F, BW, VL and VBMI.
  case avx512 = 2
  /// arm64.
  case neon = 3

  /// What the environment variable FEEDER_SIMD calls it: c, avx2, avx512 or neon.
  package var name: String { self == .plain ? "c" : "\(self)" }

  /// True where this processor, and this build, has it.
  package var isAvailable: Bool { feeder_kernels_at(rawValue) != nil }

  /// The level in use: the one that FEEDER_SIMD names if it is available, else the fastest that is.
  package static let active = chosen(name: ProcessInfo.processInfo.environment["FEEDER_SIMD"])

  /// The available level of that name; the fastest for any other text or none.
  package static func chosen(name: String?) -> PixelLevel {
    let available = [PixelLevel.avx512, .avx2, .neon, .plain].filter(\.isAvailable)
    return available.first { $0.name == name } ?? available.first ?? .plain
  }

  /// The table of its kernels; only of an available level.
  package var kernels: UnsafePointer<feeder_kernels> {
    guard let kernels = feeder_kernels_at(rawValue) else { preconditionFailure("the processor has level \(name)") }
    return kernels
  }
}
