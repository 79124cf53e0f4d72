// swift-tools-version: 6.0
import PackageDescription

// `SEER_STRICT=1` (set by CI) turns warnings into errors in our own targets only; a command-line
// flag would reach the dependencies too. It also optimises the kernels in debug builds, where they
// are some forty times as slow. SwiftPM refuses such flags in a package that another depends on by
// version, so there are none otherwise: the release configuration says -O2 itself.
let strict = Context.environment["SEER_STRICT"] == "1"
let swift: [SwiftSetting] = strict ? [.unsafeFlags(["-warnings-as-errors"])] : []
// `SEER_AVX2=1` leaves out all that a processor without AVX-512 does not run, to test what it does.
let c: [CSetting] =
  (strict ? [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])] : [])
  + (Context.environment["SEER_AVX2"] == "1" ? [.define("SK_AVX2")] : [])

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// A room of the shared engine. It may name what stands before it in the list below, and the
/// compiler sees to it: a room gets only the rooms that it asks for.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: "Seer" + name, dependencies: dependencies, path: "Sources/Core/" + name,
    swiftSettings: swift)
}

/// The screens of the explorer and the rooms that each uses. It stands on what all screens share, and may
/// name no other screen.
let screens: KeyValuePairs<String, [Target.Dependency]> = [
  "Explore": ["SeerReports"], "Compare": ["SeerStudies"], "Prompt": ["SeerMonitor"],
  "Train": ["SeerTraining"], "Start": [],
]

/// The tests of a room, which may use whatever the room itself may. Optimising them takes longer than it
/// saves: loops that kernels are held to stand in TestSupport. Nobody imports them, so that their modules
/// need no pass of their own; they are found by an index that need not have the system's modules in it;
/// and a crash wants lines, no more.
func tests(
  _ name: String, of room: String, in folder: String? = nil, and more: [Target.Dependency] = [],
  excluding excluded: [String] = [], withLoops hasLoops: Bool = false
) -> Target {
  let flags = [
    "-no-emit-module-separately-wmo", "-index-ignore-system-modules", "-Xfrontend",
    "-gline-tables-only",
  ]
  return .testTarget(
    name: name + "Tests", dependencies: [.init(stringLiteral: room), "TestSupport"] + more,
    path: "Tests/" + (folder ?? name + "Tests"), exclude: excluded,
    swiftSettings: swift + [
      .unsafeFlags((hasLoops ? [] : ["-Onone"]) + flags, .when(configuration: .release))
    ])
}

let package = Package(
  name: "seer",
  products: [
    .executable(name: "seer", targets: ["SeerProgram"]),
    // Extract, project, score: what other programs call.
    .library(name: "SeerKit", targets: ["SeerKit", "LinearAlgebra"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // C, and the libraries of the system.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    // No pkgConfig: its file asks for a macro that SwiftPM refuses with a warning.
    .systemLibrary(name: "CUTF8Proc", providers: [.apt(["libutf8proc-dev"])]),
    .target(name: "CKernels", cSettings: c),
    .target(
      name: "CNcurses", cSettings: c,
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),

    // The shared engine, from the bottom up.
    .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "CKernels"], swiftSettings: swift),
    room("Support", ["LinearAlgebra", "CPCRE2", "COpenSSL", "CZlib", "CZstd"]),
    room("Formats", ["SeerSupport", "LinearAlgebra", "CKernels", "CZlib"]),
    room("Templates", ["SeerSupport"]),
    room("Tokenizers", ["SeerTemplates", "SeerFormats", "SeerSupport", "CPCRE2"]),
    room("Models", ["SeerTokenizers", "SeerFormats", "SeerSupport", "LinearAlgebra", "CKernels"]),
    room("Analysis", ["SeerSupport", "LinearAlgebra", "CKernels"]),
    room("Runs", ["SeerAnalysis", "SeerModels", "CKernels"]),
    room("Training", ["SeerRuns", "SeerAnalysis", "SeerModels", "CKernels"]),
    room("Monitor", ["SeerRuns", "SeerAnalysis", "SeerModels"]),
    room(
      "Studies",
      ["SeerMonitor", "SeerTraining", "SeerRuns", "SeerAnalysis", "SeerModels", "CKernels"]),

    // What other packages may call.
    .target(
      name: "SeerKit", dependencies: ["SeerMonitor", "SeerRuns", "SeerProjection"],
      path: "Sources/SeerKit", swiftSettings: swift),

    // What a screen or a figure draws, documents, screens, the command.
    .target(
      name: "SeerProjection", dependencies: ["SeerAnalysis", "LinearAlgebra", "CKernels"],
      path: "Sources/Projection", swiftSettings: swift),
    .target(
      name: "SeerFigures", dependencies: ["CPNG"], path: "Sources/Figures", swiftSettings: swift),
    .target(
      name: "SeerReports", dependencies: ["SeerStudies", "SeerProjection", "SeerFigures"],
      path: "Sources/Reports", swiftSettings: swift),
    .target(
      name: "SeerWidgets", dependencies: ["SeerSupport", "CNcurses", "CUTF8Proc"],
      path: "Sources/TUI", exclude: ["App", "Screens"], swiftSettings: swift),
    .target(
      name: "SeerApp", dependencies: ["SeerWidgets", "SeerRuns", "SeerProjection", "SeerFigures"],
      path: "Sources/TUI/App", swiftSettings: swift),
    .target(
      name: "SeerScreens", dependencies: screens.map { .byName(name: "Seer\($0.key)Screen") },
      path: "Sources/TUI/Screens", exclude: screens.map(\.key), swiftSettings: swift),
    // The commands that print, which are compiled beside the screens; the program, with the explorer.
    .target(
      name: "seer", dependencies: ["SeerReports", "SeerWidgets", argumentParser],
      swiftSettings: swift),
    .executableTarget(
      name: "SeerProgram", dependencies: ["seer", "SeerScreens", argumentParser],
      path: "Sources/Program", swiftSettings: swift),

    // What tests share: files, right ones and wrong ones; above them models and runs.
    .target(
      name: "TestSupport", dependencies: ["SeerFormats"], path: "Tests/TestSupport",
      swiftSettings: swift),
    .target(
      name: "TestModels", dependencies: ["TestSupport", "SeerRuns"], path: "Tests/TestModels",
      swiftSettings: swift),
    tests(
      "LinearAlgebra", of: "LinearAlgebra", and: ["CKernels"], excluding: ["Fixtures"],
      withLoops: true),
    tests("Support", of: "SeerSupport", in: "CoreTests/Support"),
    tests("Formats", of: "SeerFormats", in: "CoreTests/Formats", and: ["SeerModels", "CKernels"]),
    tests("Templates", of: "SeerTemplates", in: "CoreTests/Templates"),
    tests("Tokenizers", of: "SeerTokenizers", in: "CoreTests/Tokenizers"),
    tests(
      "Models", of: "SeerModels", in: "CoreTests/Models",
      and: ["TestModels", "SeerTraining", "CKernels"]),
    tests("Analysis", of: "SeerAnalysis", in: "CoreTests/Analysis"),
    tests("Runs", of: "SeerRuns", in: "CoreTests/Runs", and: ["TestModels"]),
    tests(
      "Training", of: "SeerTraining", in: "CoreTests/Training", and: ["TestModels", "CKernels"],
      withLoops: true),
    // Records are made by a study.
    tests(
      "Monitor", of: "SeerMonitor", in: "CoreTests/Monitor", and: ["TestModels", "SeerStudies"]),
    tests("Studies", of: "SeerStudies", in: "CoreTests/Studies", and: ["TestModels"]),
    tests("Projection", of: "SeerProjection", and: ["CKernels"], excluding: ["Fixtures"]),
    tests("SeerKit", of: "SeerKit", and: ["TestModels"]),
    tests("Figures", of: "SeerFigures"),
    tests("Reports", of: "SeerReports"),
    tests(
      "TUI", of: "SeerScreens", and: ["TestModels", "SeerFigures"],
      excluding: ["Fixtures", "Snapshots"]),
    // They run the program, which stands beside them, and need not wait for it to be compiled.
    tests("Command", of: "SeerScreens", and: ["TestModels"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)

package.targets += screens.map { name, rooms in
  .target(
    name: "Seer\(name)Screen", dependencies: ["SeerApp"] + rooms,
    path: "Sources/TUI/Screens/\(name)", swiftSettings: swift)
}

// Whoever may import a room names it: SwiftPM compiles a target anew where what it names has changed,
// not where something below that has. C stays with those who ask for it.
do {
  let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
  func named(_ target: Target) -> [String] {
    target.dependencies.compactMap {
      if case .byNameItem(let name, _) = $0 { name } else { nil }
    }
  }
  func below(_ target: Target) -> Set<String> {
    named(target).reduce(into: []) { all, name in
      all.insert(name)
      if let next = byName[name] { all.formUnion(below(next)) }
    }
  }
  let rooms = Set(package.targets.filter { $0.type != .system && $0.cSettings == nil }.map(\.name))
  let all = package.targets.map { (target: $0, below: below($0).intersection(rooms)) }
  for (target, below) in all {
    target.dependencies += below.subtracting(named(target)).sorted().map { .byName(name: $0) }
  }
}

// `make test ROOMS=Formats,Models` builds the tests of those rooms and what they rest on, no more.
if let rooms = Context.environment["SEER_ROOMS"], !rooms.isEmpty {
  let wanted = Set(rooms.split(separator: ",").map { String($0) + "Tests" })
  package.targets.removeAll { $0.type == .test && !wanted.contains($0.name) }
}

// Only `make mpi` builds this: it needs Open MPI.
if Context.environment["SEER_MPI"] == "1" {
  package.products.append(.executable(name: "seer-mpi", targets: ["seer-mpi"]))
  package.targets += [
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .target(name: "CMPI", dependencies: ["COpenMPI"], cSettings: c),
    .executableTarget(
      name: "seer-mpi", dependencies: ["seer", "CMPI", "SeerTraining", argumentParser],
      swiftSettings: swift),
  ]
}

// Only `make bench` builds these.
if Context.environment["SEER_BENCH"] == "1" {
  package.targets += [
    .executableTarget(
      name: "Bench", dependencies: ["SeerScreens"], path: "Benchmarks/Sources/Bench"),
    .executableTarget(
      name: "ProjectionBenchmark", dependencies: ["SeerProjection"],
      path: "Benchmarks/Sources/ProjectionBenchmark"),
  ]
}
