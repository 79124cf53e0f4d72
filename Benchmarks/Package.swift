// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "seer", path: "..")],
  targets: [
    .executableTarget(
      name: "ProjectionBenchmark", dependencies: [.product(name: "SeerCore", package: "seer")])
  ],
  swiftLanguageModes: [.v6]
)
