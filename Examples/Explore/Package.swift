// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Explore",
  dependencies: [.package(name: "seer", path: "../..")],
  targets: [
    .executableTarget(name: "Explore", dependencies: [.product(name: "SeerKit", package: "seer")])
  ]
)
