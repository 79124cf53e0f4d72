// swift-tools-version: 6.0
import PackageDescription

// `SEER_STRICT=1` (set by the Makefile's test and CI runs) turns warnings into errors in our own
// targets only; a command-line flag would reach the dependencies too.
let strict = Context.environment["SEER_STRICT"] == "1"
let swift: [SwiftSetting] = strict ? [.unsafeFlags(["-warnings-as-errors"])] : []
let c: [CSetting] = [.unsafeFlags(["-O3"] + (strict ? ["-Wall", "-Wextra", "-Werror"] : []))]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "seer",
  products: [
    .executable(name: "seer", targets: ["seer"]),
    .library(name: "SeerCore", targets: ["LinearAlgebra", "Core", "Projection"]),
    .library(name: "SeerScreens", targets: ["TUI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels", cSettings: c),
    .target(
      name: "CNcurses", cSettings: c,
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(
      name: "LinearAlgebra", dependencies: ["COpenBLAS", "CKernels"], swiftSettings: swift),
    .target(
      name: "Core", dependencies: ["LinearAlgebra", "CKernels", "CPCRE2", "COpenSSL"],
      swiftSettings: swift),
    .target(name: "Figures", swiftSettings: swift),
    .target(name: "Projection", dependencies: ["LinearAlgebra", "CKernels"], swiftSettings: swift),
    .target(
      name: "TUI", dependencies: ["Core", "Projection", "LinearAlgebra", "CNcurses"],
      swiftSettings: swift),
    .target(
      name: "Reports", dependencies: ["Core", "Figures", "Projection", "LinearAlgebra"],
      swiftSettings: swift),
    .executableTarget(
      name: "seer",
      dependencies: [
        "TUI", "Core", "Figures", "Projection", "Reports", "LinearAlgebra", argumentParser,
      ],
      swiftSettings: swift),
    .target(
      name: "TestSupport", dependencies: ["LinearAlgebra"], path: "Tests/TestSupport",
      swiftSettings: swift),
    .testTarget(
      name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "CKernels", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "CoreTests", dependencies: ["Core", "CKernels", "TestSupport"],
      exclude: ["Fixtures"],
      swiftSettings: swift),
    .testTarget(
      name: "ProjectionTests", dependencies: ["Projection", "CKernels", "TestSupport"],
      exclude: ["Fixtures"],
      swiftSettings: swift),
    .testTarget(name: "FiguresTests", dependencies: ["Figures"], swiftSettings: swift),
    .testTarget(
      name: "TUITests", dependencies: ["TUI", "TestSupport"], exclude: ["Snapshots"],
      swiftSettings: swift),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Figures", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "CommandTests", dependencies: ["seer", "TestSupport"], swiftSettings: swift),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
