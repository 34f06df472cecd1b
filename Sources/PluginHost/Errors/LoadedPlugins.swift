package import Logging
internal import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle

/// Says for as long as this process runs which plugins it has loaded, in which versions.
package struct LoadedPlugins: Service {
    /// What a process does with plugins.
    package enum Kind: String, Sendable {
        /// It answers requests.
        case serve
        /// It runs jobs.
        case work
    }

    /// How often it is heard of.
    private static let heartbeat: Duration = .seconds(10)
    /// How long a process may be silent before it counts as gone.
    private static let lifetime: Duration = .seconds(35)

    private let id = ID<LoadedPlugins>.make()
    private let kind: Kind
    private let plugins: JSONValue
    private let pipeline: PipelineConnection
    private let logger: Logger

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(_ registry: PluginRegistry, as kind: Kind, pipeline: PipelineConnection, logger: Logger) {
        self.kind = kind
        self.pipeline = pipeline
        self.logger = logger
        plugins = .object(
            registry.plugins.compactMap { plugin in
                guard let manifest = plugin.manifest, !plugin.isUninstalled else { return nil }
                return .init(
                    plugin.id,
                    [
                        "version": .string(manifest.version),
                        "reason": plugin.reason(nil).map { .string($0) } ?? .null,
                    ])
            })
    }

    package func run() async throws {
        await untilShutdown(
            every: LoadedPlugins.heartbeat, failing: "this process could not be told of", level: .warning,
            logger: logger, beat)
        _ = try? await pipeline.run(["DELETE FROM core.plugin_processes WHERE id = \(id)"])
    }

    private func beat() async throws {
        let seconds = LoadedPlugins.lifetime / .seconds(1)
        _ = try await pipeline.run([
            """
            INSERT INTO core.plugin_processes (id, kind, host, process, version, plugins, expires_at)
            VALUES (\(id), \(kind.rawValue), \(ProcessPlace.host), \(ProcessPlace.process), \(BuildInfo.version),
                    \(plugins), clock_timestamp() + make_interval(secs => \(seconds)))
            ON CONFLICT (id) DO UPDATE
            SET expires_at = EXCLUDED.expires_at
            """,
            // Those that did not come to say goodbye.
            "DELETE FROM core.plugin_processes WHERE expires_at < clock_timestamp()",
        ])
    }
}
