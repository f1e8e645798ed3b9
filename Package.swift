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
    .target(
      name: "CJPEG", exclude: ["README.md"], cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
      linkerSettings: [.linkedLibrary("jpeg")]),
    .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .target(
      name: "CJSON", exclude: ["README.md"], cxxSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]),
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
    room("FeederImaging", "CPixels", "FeederCore"),
    room("FeederCodecs", "CTurboJPEG", "CJPEG", "CISAL", "CPixels", "FeederImaging", "FeederCore"),
    room("FeederDatasets", "FeederFiles", "FeederCodecs", "FeederImaging", "FeederCore", yaml),
    room(
      "FeederImporting", "CJSON", "CExpat", "FeederDatasets", "FeederFiles", "FeederCodecs", "FeederImaging",
      "FeederCore"),
    room("FeederCache", "CFaults", "FeederFiles", "FeederCodecs", "FeederImaging", "FeederDatasets", "FeederCore"),
    room("FeederSynthetic", "FeederDatasets", "FeederCodecs", "FeederImaging", "FeederFiles", "FeederCore"),
    room("FeederTuning"),
    room("FeederLoader", "FeederTuning", "FeederCache", "FeederImaging", "FeederDatasets", "FeederCore"),
    room("FeederData", "FeederLoader", "FeederCache", "FeederDatasets"),
    .executableTarget(
      name: "LoadBoards", dependencies: ["FeederData"], path: "docs/examples/LoadBoards", swiftSettings: strict),
    room("FeederTorch", "CTorch"),
    room("FeederDetection", "FeederTorch", "FeederCore"),
    room("FeederMetrics", "FeederCore"),
    room("FeederPickle", "CISAL", "FeederCore"),
    room(
      "FeederWeights", "FeederPickle", "FeederDetection", "FeederMetrics", "FeederTorch", "FeederFiles", "FeederCore"),
    room(
      "FeederExport", "FeederWeights", "FeederDetection", "FeederTorch", "FeederImaging", "FeederFiles", "FeederCore"),
    room(
      "FeederTraining", "FeederWeights", "FeederLoader", "FeederDetection", "FeederMetrics", "FeederTorch",
      "FeederDatasets", "FeederCache", "FeederFiles", "FeederCodecs", "FeederImaging", "FeederCore"),
    room("FeederTrain", "FeederTraining", "FeederWeights", "FeederCache", "FeederDatasets", "FeederCore"),
    .executableTarget(
      name: "TrainBoards", dependencies: ["FeederTrain"], path: "docs/examples/TrainBoards", swiftSettings: strict),
    room("FeederFixtures", "FeederCore"),
    room("FeederParity", "FeederFixtures", "FeederTraining", "FeederDetection", "FeederTorch"),
    room("FeederProfiling", "FeederTuning", "FeederLoader", "FeederCore"),
    room("FeederReporting", "CFreeType", "FeederFiles", "FeederCodecs", "FeederImaging", "FeederMetrics", "FeederCore"),
    room(
      "FeederRun", "CLimits", "FeederReporting", "FeederProfiling", "FeederTraining", "FeederWeights",
      "FeederDetection", "FeederMetrics", "FeederTorch", "FeederLoader", "FeederCache", "FeederDatasets", "FeederFiles",
      "FeederCodecs", "FeederImaging", "FeederCore", yaml),
    room(
      "FeederBench", "FeederProfiling", "FeederTraining", "FeederDetection", "FeederTorch", "FeederLoader",
      "FeederTuning",
      "FeederCache", "FeederDatasets", "FeederCodecs", "FeederImaging", "CTurboJPEG", "CISAL", "FeederCore"),
    .executableTarget(
      name: "feeder",
      dependencies: [
        "FeederCore", "FeederFiles", "FeederCodecs", "FeederImaging", "FeederDatasets", "FeederImporting",
        "FeederSynthetic",
        "FeederCache",
        "FeederTuning", "FeederLoader", "FeederTorch", "FeederDetection", "FeederMetrics", "FeederWeights",
        "FeederExport", "FeederTraining",
        "FeederParity", "FeederProfiling", "FeederReporting", "FeederRun", "FeederBench", "CLimits", arguments, yaml,
      ],
      exclude: ["README.md"],
      swiftSettings: strict),

    .target(
      name: "BoardSupport",
      dependencies: [
        "FeederSynthetic", "FeederImporting", "FeederDatasets", "FeederCodecs", "FeederImaging", "CTurboJPEG",
        "FeederCore",
      ],
      path: "Tests/BoardSupport", swiftSettings: strict),
    .target(
      name: "CheckpointSupport", path: "Tests/CheckpointSupport",
      swiftSettings: strict),
    tests("FeederCore"),
    tests("FeederFiles"),
    tests("FeederImaging", "BoardSupport", "CPixels", "FeederCodecs", "FeederCore"),
    tests("FeederCodecs", "BoardSupport", "CPixels", "FeederImaging", "FeederCore"),
    tests(
      "FeederDatasets", "BoardSupport", "FeederImporting", "FeederSynthetic", "FeederCodecs", "FeederImaging",
      "FeederCore"),
    tests(
      "FeederImporting", "BoardSupport", "FeederDatasets", "FeederSynthetic", "FeederCodecs", "FeederImaging",
      "FeederCore"),
    tests(
      "FeederCache", "CAllocationCount", "BoardSupport", "FeederDatasets", "FeederCodecs", "FeederImaging", "FeederCore"
    ),
    tests("FeederSynthetic", "BoardSupport", "FeederDatasets", "FeederCodecs", "FeederImaging", "FeederCore"),
    tests("FeederTuning"),
    tests(
      "FeederLoader", "FeederTuning", "BoardSupport", "FeederCache", "FeederDatasets", "FeederCodecs", "FeederImaging",
      "FeederCore"),
    tests("FeederTorch", "FeederCore"),
    tests("FeederDetection", "FeederTorch", "FeederCore"),
    tests("FeederMetrics", "FeederCore"),
    tests("FeederPickle", "CheckpointSupport", "FeederCore"),
    tests(
      "FeederWeights", "CheckpointSupport", "FeederDetection", "FeederMetrics", "FeederTorch", "FeederFiles",
      "FeederCore"),
    tests(
      "FeederExport", "FeederWeights", "FeederDetection", "FeederTorch", "FeederImaging", "FeederFiles", "FeederCore"),
    tests(
      "FeederTraining", "FeederWeights", "BoardSupport", "FeederDetection", "FeederTorch", "FeederLoader",
      "FeederCache",
      "FeederDatasets", "FeederFiles", "FeederCore"),
    tests("FeederParity", "FeederTorch"),
    tests("FeederProfiling"),
    tests(
      "FeederBench", "BoardSupport", "FeederCodecs", "FeederImaging", "FeederTuning", "FeederLoader", "FeederCache",
      "FeederDatasets",
      "FeederProfiling", "FeederCore"),
    tests("FeederRun", "FeederTraining", "FeederCache", "FeederFiles", "FeederCore"),
    tests("FeederReporting", "FeederFiles", "FeederCodecs", "FeederImaging", "FeederMetrics", "FeederCore"),
    tests("FeederData", "BoardSupport", "FeederCache", "FeederLoader"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "BoardSupport", "CheckpointSupport", "FeederCache", "FeederDatasets", "FeederDetection", "FeederCodecs",
        "FeederImaging", "FeederImporting", "FeederPickle",
        "FeederLoader",
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
        "BoardSupport", "CheckpointSupport", "FeederFixtures", "FeederReporting", "FeederTraining", "FeederCache",
        "FeederCodecs", "FeederImaging",
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
