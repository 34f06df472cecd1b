import ArgumentParser
import Foundation
import Jobs
import Logging
import Observability
import Platform
import PluginHost
import ServiceLifecycle
import Supervision

/// The jobs alone, on a database that is prepared.
struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run jobs and schedules, with a process for each module that has some.",
        discussion: Help.discussion(
            """
            Any number may run on one database, beside any number of servers. SIGTERM and SIGINT end it in order: jobs
            get ten seconds to end, what is left is run again elsewhere, and its attempt does not count.
            """,
            examples: [
                "DATABASE_URL=postgresql://db.internal/romashka ROMASHKA_MASTER_SECRET=… romashka work",
                "romashka work --slots 16 --job-memory 2048",
            ],
            codes: [.init(number: 0, meaning: "ended by a signal"), .failed, .wrongUsage]))

    @OptionGroup var common: CommonOptions
    @OptionGroup var files: FileOptions
    @OptionGroup var network: NetworkOptions

    @Option(help: "Jobs of a module that run at one time.")
    var slots = 64

    @Option(
        name: .customLong("job-memory"),
        help: "Megabytes of address space for a module's process; beyond that it ends and its jobs run again.")
    var memory = 8192

    @Option(help: .hidden)
    var module: String?

    @Option(help: .hidden)
    var worker: String?

    private var workerID: UUID? { worker.flatMap { UUID(uuidString: $0) } }

    func validate() throws {
        guard (1...1000).contains(slots) else { throw ValidationError("--slots takes 1 to 1000") }
        guard memory >= 1024 else { throw ValidationError("--job-memory takes 1024 megabytes or more") }
        guard worker == nil || workerID != nil else { throw ValidationError("--worker takes a UUID") }
    }

    func run() async throws {
        DescriptorLimit.raise()
        Lifeline.hold()
        if let module {
            try await serve(module)
        } else {
            try await supervise()
        }
    }

    private func settings(_ access: DatabaseAccess) throws -> PlatformSettings {
        var settings = access.settings
        settings.files = try files.settings(
            usual: "\(common.dataDirectory)/files", isUsed: common.environment["DATABASE_URL"] == nil,
            environment: common.environment)
        settings.crashLog = CrashLog(in: common.dataDirectory)
        settings.outbound.allowedNetworks = network.ranges
        settings.tracing = try TracingSettings.read(common.environment)
        return settings
    }

    private func supervise() async throws {
        try await common.withDatabase { access in
            let arguments = Array(CommandLine.arguments.dropFirst())
            let office = try await JobOffice.open(try settings(access), logger: common.logger) { module in
                arguments + ["--module", module]
            }
            common.logger.notice("jobs are run")
            // Longer than a child may take, and than it takes to end it.
            try await run(office.services, within: .seconds(30))
        }
    }

    /// The life of a module's process.
    private func serve(_ module: String) async throws {
        // Requests come first where both want the same core.
        Niceness.standBack()
        var limit = rlimit(rlim_cur: rlim_t(memory) << 20, rlim_max: rlim_t(memory) << 20)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        try await common.withDatabase { access in
            var settings = try settings(access)
            // One tenant's failing jobs wait for their next attempt; they need no breaker.
            settings.pluginLimits.hasBreakers = false
            settings.processKind = .work
            settings.pluginLimits.requests = slots * 2
            settings.pluginLimits.requestsPerTenant = slots * 2
            settings.watchLimits.overdue = .seconds(5)
            settings.watchLimits.farewell = .seconds(2)
            var work = JobWorker.Settings()
            work.slots = slots
            work.id = workerID
            // An idle process costs some 7 MB; to start one delays the next job by a tenth of a second.
            work.endsWhenIdleFor = .seconds(600)
            let platform = try await Platform.start(settings, logger: common.logger)
            guard let services = platform.jobServices(of: module, work, logger: common.logger) else {
                throw ConfigurationError(.moduleNotServing, "the plugin \(module) does not serve here")
            }
            do {
                try await run(services, within: .seconds(13))
            } catch let error as RecycleNeeded {
                Output.progress("\(error)")
                throw ExitCode(RecycleNeeded.exitCode)
            }
        }
    }

    private func run(_ services: [any Service], within limit: Duration) async throws {
        let configuration = ServiceGroupConfiguration(
            services, onSuccess: .gracefullyShutdownGroup, within: limit, logger: common.logger)
        try await ServiceGroup(configuration: configuration).run()
    }
}
