// swift-tools-version:6.2
import Foundation
import PackageDescription

/// Every language switch the project builds with, set once for all of its targets.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// The C libraries, each a module map and a shim header.
let systemLibraries: [Target] = [
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CJWT", pkgConfig: "libjwt", providers: [.apt(["libjwt-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CResolver", path: "Tests/CResolver"),
]

let pluginKit: Target.Dependency = .product(name: "PluginKit", package: "PluginKit")
let pluginABI: Target.Dependency = .product(name: "PluginABI", package: "PluginKit")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

/// The kernel, leaf first: a target may depend only on those above it.
let kernel: [Target] = [
    .target(
        name: "Observability",
        dependencies: [
            logging, lifecycle,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]
    ),
    .target(name: "CScheduling"),
    .target(name: "Cryptography", dependencies: ["COpenSSL", "CScheduling"]),
    .target(name: "Mail", dependencies: ["CCurl", "Cryptography", pluginKit]),
    .target(name: "CrashReporter"),
    .target(name: "Supervision", dependencies: ["CScheduling", logging, lifecycle]),
    .target(
        name: "Outbound",
        dependencies: [
            pluginKit,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]
    ),
    .target(name: "EmbeddedPostgres", dependencies: ["Supervision", logging]),
    .target(name: "Postgres", dependencies: ["CPostgres", "CEpoll", pluginKit, logging]),
    .target(
        name: "Tenancy",
        dependencies: ["Observability", "Postgres", "Cryptography", pluginKit, logging, lifecycle]
    ),
    .target(name: "Migrations", dependencies: ["Tenancy", "Postgres", "Cryptography", pluginKit, logging]),
    .target(
        name: "Files",
        dependencies: [
            "Observability", "Tenancy", "Postgres", "Cryptography", "Outbound", pluginKit, logging, lifecycle,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ]
    ),
    .target(
        name: "Identity",
        dependencies: [
            "Observability", "Supervision", "Files", "Mail", "Tenancy", "Postgres", "Cryptography", "Outbound", "CJWT",
            pluginKit, logging, lifecycle,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ]
    ),
    .target(
        name: "PluginHost",
        dependencies: [
            "Observability", "Files", "Tenancy", "Postgres", "Migrations", "Cryptography", "Outbound", "CrashReporter",
            pluginKit, pluginABI, logging, lifecycle,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ]
    ),
    .target(
        name: "Events",
        dependencies: [
            "Observability", "Tenancy", "Identity", "Postgres", "Cryptography", pluginKit, logging, lifecycle,
        ]
    ),
    .target(
        name: "Jobs",
        dependencies: [
            "Observability", "Supervision", "Tenancy", "Postgres", "PluginHost", pluginKit, logging, lifecycle,
        ]
    ),
    .target(
        name: "Maintenance",
        dependencies: ["Observability", "Tenancy", "Postgres", pluginKit, logging, lifecycle]
    ),
    .target(
        name: "HTTP",
        dependencies: [
            "Observability", "Outbound", "Files", "Tenancy", "Identity", "Events", "PluginHost", "Postgres",
            "Cryptography",
            pluginKit,
            logging, lifecycle,
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]
    ),
    .target(
        name: "Platform",
        dependencies: [
            "HTTP", "Identity", "Events", "Jobs", "Maintenance", "Supervision", "PluginHost", "Files", "Mail",
            "Tenancy",
            "Migrations",
            "Postgres",
            "Cryptography",
            "EmbeddedPostgres",
            "Observability", pluginKit, logging, lifecycle, signals,
            .product(name: "Hummingbird", package: "hummingbird"),
        ]
    ),
    .executableTarget(
        name: "romashka",
        dependencies: [
            "Platform", "HTTP", "Identity", "Events", "Jobs", "Maintenance", "Supervision", "PluginHost", "Files",
            "Mail",
            "Tenancy",
            "Migrations",
            "Postgres", "Cryptography",
            "EmbeddedPostgres", "Observability", "Outbound", pluginKit, logging, lifecycle,
            signals, .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]
    ),
]

/// Plugins that only tests load.
let testPluginNames = folders(in: "Tests/Plugins")
let testPlugins: [Target] = testPluginNames.map { name in
    .target(name: name, dependencies: [pluginKit, pluginABI], path: "Tests/Plugins/\(name)/Sources")
}

/// Test targets are the folders of `Tests`: `<Target>Tests` tests `<Target>`; all may use `TestKit`.
let tests: [Target] = folders(in: "Tests").filter { $0.hasSuffix("Tests") }.map { name in
    .testTarget(
        name: name,
        dependencies: [
            "TestKit", "Platform", "HTTP", "Identity", "Events", "Jobs", "Maintenance", "Supervision", "PluginHost",
            "Files", "Mail",
            "Tenancy",
            "Migrations", "Postgres",
            "Cryptography", "Outbound", "CResolver",
            "EmbeddedPostgres", "Observability", pluginKit, logging, lifecycle,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ],
        path: "Tests/\(name)"
    )
}
let testKit: [Target] = folders(in: "Tests").filter { $0 == "TestKit" }.map { name in
    .target(
        name: name,
        dependencies: [
            "Platform", "HTTP", "Identity", "Events", "Jobs", "Maintenance", "Supervision", "PluginHost", "Files",
            "Tenancy",
            "Migrations",
            "Postgres", "Cryptography",
            "EmbeddedPostgres", "Observability", pluginKit, logging, lifecycle,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ],
        path: "Tests/\(name)"
    )
}

/// Plugins are the folders of `Plugins`: a folder more is a plugin more, without an edit here. One that is a package of
/// its own is built by itself.
let pluginNames = folders(in: "Plugins").filter { !isPackage("Plugins/\($0)") }
let plugins: [Target] = pluginNames.map { name in
    .target(name: name, dependencies: [pluginKit, pluginABI], path: "Plugins/\(name)/Sources")
}
let pluginTests: [Target] = pluginNames.filter { !folders(in: "Plugins/\($0)").filter { $0 == "Tests" }.isEmpty }.map {
    name in
    .testTarget(
        name: "\(name)Tests",
        dependencies: ["TestKit", "Postgres", pluginKit],
        path: "Plugins/\(name)/Tests"
    )
}

func location(_ path: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(path)
}

func isPackage(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: location(folder).appendingPathComponent("Package.swift").path)
}

func folders(in parent: String) -> [String] {
    let root = location(parent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.filter { name in
        guard !name.hasPrefix(".") else { return false }
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: root.appendingPathComponent(name).path, isDirectory: &isDirectory)
            && isDirectory.boolValue
    }.sorted()
}

let package = Package(
    name: "romashka",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "romashka", targets: ["romashka"])]
        + (pluginNames + testPluginNames).map { .library(name: $0, type: .dynamic, targets: [$0]) },
    // Exactly those that were tested: warnings are errors here, and a newer release may bring some.
    dependencies: [
        .package(path: "Sources/PluginKit"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: systemLibraries + kernel + testKit + tests + testPlugins + plugins + pluginTests
)

for target in package.targets where target.type != .system {
    target.swiftSettings = settings
}
