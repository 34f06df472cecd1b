// swift-tools-version:6.2
import PackageDescription

let kit: [Target.Dependency] = [
    .product(name: "PluginKit", package: "PluginKit"), .product(name: "PluginABI", package: "PluginKit"),
]

/// As PluginKit itself is compiled: what is asynchronous runs where its caller does.
let settings: [SwiftSetting] = [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

// A plugin declares PluginKit and nothing else: a library linked twice into one process confuses Swift's runtime.
let package = Package(
    name: "Sample",
    platforms: [.macOS(.v15)],
    products: [.library(name: "Sample", type: .dynamic, targets: ["Sample"])],
    dependencies: [.package(path: "../Sources/PluginKit")],
    targets: [
        .target(name: "Sample", dependencies: kit, path: "Sources", swiftSettings: settings),
        .testTarget(name: "SampleTests", dependencies: ["Sample"] + kit, path: "Tests", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
