import Foundation

/// The processor as the kernel describes it.
package struct Processor: Sendable, Equatable {
  /// Name of the model, such as "Intel(R) Xeon(R) Processor"; "unknown" if the kernel gives none (many Arm machines).
  package let model: String
  /// Instruction sets that matter for decoding, kernels and convolutions, by the kernel's names.
  package let vectorInstructions: [String]

  private static let known = [
    "sse4_2", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512_vnni", "avx512_bf16",
    "avx512_fp16",
    "amx_int8", "amx_bf16", "asimd", "asimdhp", "i8mm", "bf16", "sve",
  ]

  /// A processor with these facts.
  package init(model: String, vectorInstructions: [String]) {
    self.model = model
    self.vectorInstructions = vectorInstructions
  }

  /// Reads /proc/cpuinfo. Tests set `root`, the prefix of the path.
  package init(root: String = "") {
    let text = (try? String(contentsOfFile: root + "/proc/cpuinfo", encoding: .utf8)) ?? ""
    var fields: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = parts[0].trimmingSuffix { $0 == "\t" || $0 == " " }
      if fields[name] == nil { fields[name] = parts[1].drop { $0 == " " } }
    }
    let flags = Set((fields["flags"] ?? fields["Features"] ?? "").split(separator: " ").map(String.init))
    self.init(
      model: fields["model name"].map(String.init) ?? "unknown",
      vectorInstructions: Self.known.filter(flags.contains))
  }

  /// True if the processor multiplies bfloat16 in hardware. Otherwise the engine widens every number in software, which
  /// is slower than float32 (docs/measurements/cpu-step.md).
  package var hasBFloat16: Bool {
    !Set(vectorInstructions).isDisjoint(with: ["avx512_bf16", "amx_bf16", "bf16"])
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while isSpare: (Character) -> Bool) -> Substring {
    var text = self
    while let last = text.last, isSpare(last) { text.removeLast() }
    return text
  }
}
