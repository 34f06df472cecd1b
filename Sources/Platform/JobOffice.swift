internal import Events
internal import Jobs
package import Logging
internal import Migrations
internal import PluginHost
internal import Postgres
package import ServiceLifecycle
internal import Tenancy

/// What `romashka work` runs: it numbers events, keeps the clock of schedules, and has a process for each module with
/// jobs. It loads no plugin's code, so that none can end it.
package struct JobOffice: Sendable {
    private let databases: Databases
    private let control: ControlPlane
    private let supervisor: JobSupervisor
    private let logger: Logger

    /// Connects and checks the schema. Changes nothing.
    ///
    /// - Parameter arguments: what a module's process is started with.
    /// - Throws: `ConfigurationError` when the kernel's schema is not up to date.
    package static func open(
        _ settings: PlatformSettings, logger: Logger, arguments: @escaping @Sendable (String) -> [String]
    ) async throws -> JobOffice {
        let databases = try Databases(
            server: settings.server, master: settings.master, leaseBudget: settings.leaseBudget,
            statementTimeout: settings.statementTimeout, logger: logger)
        do {
            try await Platform.requireSchema(settings, databases)
            let control = ControlPlane(
                pipeline: databases.pipeline(of: .auth), leases: databases.leases, sessionKeys: databases.sessionKeys,
                logger: logger)
            try await control.load()
            return JobOffice(databases, control, settings.crashLog, logger: logger, arguments: arguments)
        } catch {
            databases.close()
            throw error
        }
    }

    private init(
        _ databases: Databases, _ control: ControlPlane, _ crashLog: CrashLog?, logger: Logger,
        arguments: @escaping @Sendable (String) -> [String]
    ) {
        self.databases = databases
        self.control = control
        self.logger = logger
        let pauses = PluginPauses(pipeline: databases.pipeline(of: .auth), control: control)
        supervisor = JobSupervisor(
            pipeline: databases.pipeline(of: .worker), logger: logger,
            onCrash: { module in
                guard let crashLog else { return }
                do {
                    try await pauses.note(crashLog)
                } catch {
                    logger.warning(
                        "a crash could not be noted", metadata: ["module": "\(module)", "error": "\(error)"])
                }
            }, arguments: arguments)
    }

    /// What runs as long as the process, in the order it starts; it stops in reverse.
    package var services: [any Service] {
        let worker = databases.pipeline(of: .worker)
        return [
            databases, control, EventRelay(pipeline: worker, logger: logger),
            BacklogKeeper(pipeline: worker, leases: databases.leases, logger: logger),
            Scheduler(pipeline: worker, logger: logger), supervisor,
        ]
    }
}
