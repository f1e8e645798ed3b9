// swift-tools-version: 6.2
import PackageDescription

// The engine: the folder `torch` out of the PyPI wheel. tools/setup puts it here; FEEDER_TORCH names another one.
let torch = Context.environment["FEEDER_TORCH"] ?? "\(Context.packageDirectory)/.deps/site/torch"

// Tests run on the optimised build, the one that people use: it keeps its internal names for them, as a debug build does.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny"),
  .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
]
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

/// A Swift room: the folder of its name under Sources, importing just the rooms named here.
func room(_ name: String, _ imports: Target.Dependency...) -> Target {
  .target(name: name, dependencies: imports, exclude: ["README.md"], swiftSettings: strict)
}

/// The tests of a room.
func tests(_ name: String, _ imports: Target.Dependency...) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name), "FeederFixtures"] + imports, swiftSettings: strict)
}

let package = Package(
  name: "feeder",
  products: [
    .executable(name: "feeder", targets: ["feeder"]),
    .library(name: "FeederData", targets: ["FeederData"]),
    .library(name: "FeederTrain", targets: ["FeederTrain"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
    .target(
      name: "CPixels", exclude: ["README.md"], cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
    .target(name: "CLimits", exclude: ["README.md"], cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(name: "CFaults", exclude: ["README.md"], cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CTorch",
      exclude: ["README.md"],
      cxxSettings: [
        .headerSearchPath("declared"),
        .unsafeFlags([
          "-O2", "-Wall", "-Wextra", "-Werror",
          "-isystem", "\(torch)/include", "-isystem", "\(torch)/include/torch/csrc/api/include",
        ]),
      ],
      linkerSettings: [
        .unsafeFlags(["-L\(torch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(torch)/lib"]),
        .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
      ]),
    room("FeederCore"),
    room("FeederFiles", "FeederCore"),
    room("FeederImaging", "CTurboJPEG", "CPixels", "FeederCore"),
    room("FeederDatasets", "FeederFiles", "FeederImaging", "FeederCore", yaml),
    room("FeederCache", "CFaults", "FeederFiles", "FeederImaging", "FeederDatasets", "FeederCore"),
    room("FeederSynthetic", "FeederDatasets", "FeederImaging", "FeederFiles", "FeederCore"),
    room("FeederTuning"),
    room("FeederLoader", "FeederTuning", "FeederCache", "FeederImaging", "FeederDatasets", "FeederCore"),
    room("FeederData", "FeederLoader", "FeederCache", "FeederDatasets"),
    .executableTarget(
      name: "LoadBoards", dependencies: ["FeederData"], path: "docs/examples/LoadBoards", swiftSettings: strict),
    room("FeederTorch", "CTorch"),
    room("FeederDetection", "FeederTorch", "FeederCore"),
    room("FeederMetrics", "FeederCore"),
    room("FeederWeights", "FeederDetection", "FeederMetrics", "FeederTorch", "FeederFiles", "FeederCore"),
    room(
      "FeederTraining", "FeederWeights", "FeederLoader", "FeederDetection", "FeederMetrics", "FeederTorch",
      "FeederDatasets", "FeederCache", "FeederFiles", "FeederImaging", "FeederCore"),
    room("FeederTrain", "FeederTraining", "FeederWeights", "FeederCache", "FeederDatasets", "FeederCore"),
    .executableTarget(
      name: "TrainBoards", dependencies: ["FeederTrain"], path: "docs/examples/TrainBoards", swiftSettings: strict),
    room("FeederFixtures", "FeederCore"),
    room("FeederParity", "FeederFixtures", "FeederTraining", "FeederDetection", "FeederTorch"),
    room("FeederProfiling", "FeederTuning", "FeederLoader", "FeederCore"),
    room("FeederReporting", "CFreeType", "FeederFiles", "FeederImaging", "FeederMetrics", "FeederCore"),
    room(
      "FeederRun", "CLimits", "FeederReporting", "FeederProfiling", "FeederTraining", "FeederWeights",
      "FeederDetection", "FeederMetrics", "FeederTorch", "FeederLoader", "FeederCache", "FeederDatasets", "FeederFiles",
      "FeederImaging", "FeederCore", yaml),
    room(
      "FeederBench", "FeederProfiling", "FeederTraining", "FeederDetection", "FeederTorch", "FeederLoader",
      "FeederTuning",
      "FeederCache", "FeederDatasets", "FeederImaging", "CTurboJPEG", "FeederCore"),
    .executableTarget(
      name: "feeder",
      dependencies: [
        "FeederCore", "FeederFiles", "FeederImaging", "FeederDatasets", "FeederSynthetic", "FeederCache",
        "FeederTuning", "FeederLoader", "FeederTorch", "FeederDetection", "FeederMetrics", "FeederWeights",
        "FeederTraining",
        "FeederParity", "FeederProfiling", "FeederReporting", "FeederRun", "FeederBench", "CLimits", arguments, yaml,
      ],
      exclude: ["README.md"],
      swiftSettings: strict),

    .target(
      name: "BoardSupport",
      dependencies: ["FeederSynthetic", "FeederDatasets", "FeederImaging", "CTurboJPEG", "FeederCore"],
      path: "Tests/BoardSupport", swiftSettings: strict),
    tests("FeederCore"),
    tests("FeederFiles"),
    tests("FeederImaging", "BoardSupport", "CPixels", "FeederCore"),
    tests("FeederDatasets", "BoardSupport", "FeederSynthetic", "FeederImaging", "FeederCore"),
    tests("FeederCache", "CAllocationCount", "BoardSupport", "FeederDatasets", "FeederImaging", "FeederCore"),
    tests("FeederSynthetic", "BoardSupport", "FeederDatasets", "FeederImaging", "FeederCore"),
    tests("FeederTuning"),
    tests(
      "FeederLoader", "FeederTuning", "BoardSupport", "FeederCache", "FeederDatasets", "FeederImaging", "FeederCore"),
    tests("FeederTorch", "FeederCore"),
    tests("FeederDetection", "FeederTorch", "FeederCore"),
    tests("FeederMetrics", "FeederCore"),
    tests("FeederWeights", "FeederDetection", "FeederMetrics", "FeederTorch", "FeederFiles", "FeederCore"),
    tests(
      "FeederTraining", "FeederWeights", "BoardSupport", "FeederDetection", "FeederTorch", "FeederLoader",
      "FeederCache",
      "FeederDatasets", "FeederFiles", "FeederCore"),
    tests("FeederParity", "FeederTorch"),
    tests("FeederProfiling"),
    tests(
      "FeederBench", "BoardSupport", "FeederImaging", "FeederTuning", "FeederLoader", "FeederCache", "FeederDatasets",
      "FeederProfiling", "FeederCore"),
    tests("FeederRun", "FeederTraining", "FeederCache", "FeederFiles", "FeederCore"),
    tests("FeederReporting", "FeederFiles", "FeederImaging", "FeederMetrics", "FeederCore"),
    tests("FeederData", "BoardSupport", "FeederCache", "FeederLoader"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "BoardSupport", "FeederCache", "FeederDatasets", "FeederDetection", "FeederImaging", "FeederLoader",
        "FeederMetrics", "FeederReporting", "FeederTorch", "FeederTraining", "FeederWeights", "FeederCore",
      ],
      path: "Tests/FuzzTargets", exclude: ["Corpus"], swiftSettings: strict),
    tests("FuzzTargets"),
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .executableTarget(
      name: "LoaderSoak", dependencies: ["CAllocationCount", "FeederLoader", "FeederCache", "FeederDatasets"],
      path: "Tests/LoaderSoak", swiftSettings: strict),
    .testTarget(
      name: "feederTests",
      dependencies: [
        "BoardSupport", "FeederFixtures", "FeederReporting", "FeederTraining", "FeederCache", "FeederImaging",
        "FeederCore", "LoadBoards", "TrainBoards", "LoaderSoak",
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

// The fuzzer, which needs a build of its own with sanitizers: `tools/torture fuzz`.
if Context.environment["FEEDER_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz", swiftSettings: strict))
}
