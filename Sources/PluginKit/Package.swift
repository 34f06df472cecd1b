// swift-tools-version:6.2
import PackageDescription

// The one contract between kernel and plugins. A package of its own and a dynamic library, so that
// host and plugins share one copy of every type; no dependency but Foundation.
let package = Package(
    name: "PluginKit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "PluginKit", type: .dynamic, targets: ["PluginKit"]),
        .library(name: "PluginABI", targets: ["PluginABI"]),
    ],
    targets: [
        .target(
            name: "PluginKit",
            path: ".",
            exclude: ["PluginABI"],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ]
        ),
        // C, linked into each plugin by itself: its fingerprint must be the plugin's, never the host's.
        .target(name: "PluginABI", path: "PluginABI"),
    ]
)
