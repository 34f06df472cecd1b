package import Cryptography
package import Logging
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization

/// Every connection of the process: one reactor, one budget of leases, one pipeline per used role.
///
/// A `Service`, so that connections close after everything that uses them has stopped.
package final class Databases: Service {
    package let credentials: RoleCredentials
    package let leases: LeasePool
    private let reactor: Reactor
    /// What signs the sessions of modules; the control plane keeps it up to date.
    package let sessionKeys: SessionKeys
    private let logger: Logger
    /// Tells workers of new jobs.
    package let bell: JobBell
    private let modules = Mutex<[ModuleName: ModuleDatabase]>([:])
    private let kernel: Mutex<[KernelRole: PipelineConnection]>

    /// - Parameter statementTimeout: how long a statement on a shared connection may take.
    /// - Throws: `DatabaseError` when the process has no descriptors or threads left.
    package init(
        server: ConnectionSettings, master: MasterSecret, leaseBudget: Int = 20,
        statementTimeout: Duration = RoleCredentials.defaultStatementTimeout, logger: Logger
    ) throws(DatabaseError) {
        let credentials = RoleCredentials(server: server, master: master, statementTimeout: statementTimeout)
        let reactor = try Reactor()
        self.credentials = credentials
        self.reactor = reactor
        self.logger = logger
        sessionKeys = SessionKeys(master: master)
        let worker = PipelineConnection(
            credentials.sharedSettings(as: KernelRole.worker.loginRole), sharing: true, reactor: reactor, logger: logger
        )
        kernel = Mutex([.worker: worker])
        bell = JobBell(pipeline: worker)
        leases = LeasePool(budget: leaseBudget, reactor: reactor, logger: logger) { credentials.leasedSettings(as: $0) }
    }

    /// A module's database; the same object each time.
    package func database(of module: ModuleName) -> ModuleDatabase {
        modules.withLock { modules in
            if let database = modules[module] { return database }
            let database = ModuleDatabase(
                module, credentials: credentials, keys: sessionKeys, reactor: reactor, leases: leases, bell: bell,
                logger: logger)
            modules[module] = database
            return database
        }
    }

    /// The shared pipeline of one of the kernel's own roles, which no tenant's statement runs on.
    package func pipeline(of role: KernelRole) -> PipelineConnection {
        kernel.withLock { kernel in
            if let pipeline = kernel[role] { return pipeline }
            let pipeline = PipelineConnection(
                credentials.sharedSettings(as: role.loginRole), sharing: true, reactor: reactor, logger: logger)
            kernel[role] = pipeline
            return pipeline
        }
    }

    /// Opens one connection for each kind of work that has been asked for, before anybody waits for it.
    ///
    /// - Throws: `DatabaseError`.
    package func open() async throws {
        let modules = modules.withLock { $0.values.flatMap(\.firstPipelines) }
        let kernel = kernel.withLock { Array($0.values) }
        for pipeline in kernel + modules { _ = try await pipeline.run(["SELECT 1 AS opened"], isReplayable: true) }
    }

    /// A connection of its own that hears of new jobs.
    package func jobListener() -> JobListener {
        JobListener(
            credentials.leasedSettings(as: KernelRole.worker.loginRole), reactor: reactor, logger: logger)
    }

    /// How busy the shared connections of each role are: requests that wait for an answer, and connections that are open.
    package var pipelineLoads: [(role: String, waiting: Int, open: Int)] {
        let shared = modules.withLock { Array($0.values) }.map { ($0.role, $0.pipelines) }
        let kernel = kernel.withLock { $0.map { ($0.key.loginRole, [$0.value]) } }
        return (shared + kernel).map { role, pipelines in
            (role, pipelines.map(\.load).reduce(0, +), pipelines.count { $0.isOpen })
        }.sorted { $0.role < $1.role }
    }

    /// Keeps the pool of leases tidy and rings for jobs until shutdown, then closes every connection.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown { [leases, bell] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await bell.tell() }
                while true {
                    try await Task.sleep(for: .seconds(1))
                    leases.tick()
                }
            }
        }
        close()
    }

    /// Closes every connection; whatever is in flight is answered as lost.
    package func close() {
        leases.close()
        for database in modules.withLock({ Array($0.values) }) { database.close() }
        for pipeline in kernel.withLock({ Array($0.values) }) { pipeline.close() }
        reactor.stop()
    }
}
