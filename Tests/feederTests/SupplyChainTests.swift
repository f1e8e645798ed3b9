import Foundation
import Testing

/// A minimal package with the real tools/setup: its own wheel and Swift package, pinned in locks that a test may
/// damage. Uses no network.
private struct SmallPackage {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "tools"), withIntermediateDirectories: true)
    for name in ["tools/setup", "tools/wheels.bash"] {
      try FileManager.default.copyItem(at: Self.root.appending(path: name), to: folder.url.appending(path: name))
    }
    let made = try shell(Self.recipe)
    try #require(made.status == 0, "\(made.messages)")
  }

  /// Writes the wheel of an engine with one empty library, the Swift package Toy at version 1.0.0, and their locks.
  private static let recipe = """
    set -e
    python3 - <<'PYTHON'
    import hashlib, os, zipfile
    os.mkdir("wheels")
    name = "wheels/torch-2.11.0-py3-none-any.whl"
    info = "torch-2.11.0.dist-info/"
    with zipfile.ZipFile(name, "w") as wheel:
        wheel.writestr("torch/lib/libtorch_cpu.so", "")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: torch\\nVersion: 2.11.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    hash = hashlib.sha256(open(name, "rb").read()).hexdigest()
    open("tools/requirements.lock", "w").write(f"torch==2.11.0 --hash=sha256:{hash}\\n")
    PYTHON
    mkdir -p Toy/Sources/Toy Sources/Small
    cat >Toy/Package.swift <<'SWIFT'
    // swift-tools-version: 6.2
    import PackageDescription
    let package = Package(
      name: "Toy", products: [.library(name: "Toy", targets: ["Toy"])], targets: [.target(name: "Toy")])
    SWIFT
    touch Toy/Sources/Toy/Toy.swift Sources/Small/main.swift
    git -C Toy init -q
    git -C Toy add .
    git -C Toy -c user.name=test -c user.email=test@example.invalid commit -qm toy
    git -C Toy tag 1.0.0
    cat >Package.swift <<SWIFT
    // swift-tools-version: 6.2
    import PackageDescription
    let package = Package(
      name: "Small", dependencies: [.package(url: "file://$PWD/Toy", exact: "1.0.0")],
      targets: [.executableTarget(name: "Small", dependencies: [.product(name: "Toy", package: "Toy")])])
    SWIFT
    echo "Toy 1.0.0 $(git -C Toy rev-parse 'HEAD^{tree}')" >tools/packages.lock
    """

  func shell(_ words: String) throws -> FeederProcess {
    try FeederProcess(
      ["-c", words], in: folder.url,
      environment: [
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.url.appending(path: "wheels").path, "FEEDER_TORCH": "",
      ],
      program: "/bin/bash")
  }

  func setup() throws -> FeederProcess { try shell("tools/setup") }

  /// Replaces the last character of a lock's first line by another digit.
  func damage(_ lock: String) throws {
    let url = folder.url.appending(path: lock)
    var text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    let end = try #require(text.lastIndex { $0.isHexDigit })
    text.replaceSubrange(end...end, with: text[end] == "0" ? "1" : "0")
    try Data(text.utf8).write(to: url)
  }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: folder.url.appending(path: path).path) }
}

/// Expects a refusal whose last line contains `words`. Earlier lines say what setup was doing.
private func expectRefused(_ run: FeederProcess, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation)
{
  #expect(run.status == 1, "\(run.messages)", sourceLocation: sourceLocation)
  #expect(
    run.lines.last?.hasPrefix("setup: ") == true && !run.messages.contains("ERROR"), "\(run.messages)",
    sourceLocation: sourceLocation)
  for word in words {
    #expect(run.lines.last?.contains(word) == true, "no '\(word)' in: \(run.messages)", sourceLocation: sourceLocation)
  }
}

@Suite("tools/setup installs what is pinned, and nothing else")
struct SupplyChainTests {
  @Test("What the locks name is installed; a second time there is nothing to do; a wheel with another hash is refused")
  func wheels() throws {
    let package = try SmallPackage()
    let first = try package.setup()
    #expect(first.status == 0 && first.lines.last == "setup: ready", "\(first.messages)")
    #expect(package.exists(".deps/site/torch/lib/libtorch_cpu.so"))
    let second = try package.setup()
    #expect(second.status == 0 && second.lines == ["setup: ready"], "\(second.messages)")

    try package.damage("tools/requirements.lock")
    expectRefused(try package.setup(), "torch==2.11.0", "hash")
    #expect(!package.exists(".deps/site.new") && package.exists(".deps/site"), "what was there stays")
    let unpinned = try package.shell("echo torch==2.11.0 >tools/requirements.lock; tools/setup")
    #expect(unpinned.status == 1 && unpinned.messages.contains("Hashes are required"), "\(unpinned.messages)")
  }

  @Test("A Swift package of another content, one changed after it was fetched, and one that no lock names are refused")
  func packages() throws {
    let package = try SmallPackage()
    try package.damage("tools/packages.lock")
    expectRefused(try package.setup(), "Toy is the tree", "tools/packages.lock has")
    let edited = try package.shell(
      "echo Toy 1.0.0 $(git -C Toy rev-parse 'HEAD^{tree}') >tools/packages.lock; tools/setup && "
        + "chmod -R u+w .build/checkouts && echo '// more' >>.build/checkouts/Toy/Sources/Toy/Toy.swift && tools/setup")
    expectRefused(edited, "Toy was changed")
    let unnamed = try package.shell(
      "git -C .build/checkouts/Toy checkout -q . && : >tools/packages.lock && tools/setup")
    expectRefused(unnamed, "toy is used but not in tools/packages.lock")
  }
}
