// swift-tools-version: 6.0
import PackageDescription

// Built with `-enable-testing` (see the Makefile): benchmarks reach what only the engine calls.
let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "seer", path: "..")],
  targets: [
    .executableTarget(
      name: "ProjectionBenchmark", dependencies: [.product(name: "SeerCore", package: "seer")]),
    .executableTarget(
      name: "Bench",
      dependencies: [
        .product(name: "SeerCore", package: "seer"),
        .product(name: "SeerScreens", package: "seer"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
