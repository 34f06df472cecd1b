internal import Cryptography
internal import Events
package import Files
package import HTTP
package import Identity
package import Jobs
package import Logging
package import Maintenance
internal import Migrations
package import Observability
package import PluginHost
package import PluginKit
internal import Postgres
package import ServiceLifecycle
internal import Supervision
package import Tenancy

/// The whole kernel, put together: connections, state, plugins, identity, routes.
package struct Platform: Sendable {
    package let databases: Databases
    package let control: ControlPlane
    package let registry: PluginRegistry
    /// The modules that an operator took out for good, whether their folders are there or not.
    package let uninstalledModules: Set<String>
    /// The modules whose code is in, with what it needs to run.
    let modules: [MountedRoute.Module]
    package let identity: Identity
    /// Sends mail; nil when nobody takes it.
    private let accountMail: AccountMail?
    package let switches: ModuleSwitches
    package let pauses: PluginPauses
    package let bisections: PluginBisections
    /// The operator's view of plugins.
    package let plugins: PluginRoutes
    package let maintenance: MaintenanceLedger
    package let maintenanceKeeper: MaintenanceKeeper
    package let health: SystemHealthReader
    package let jobs: JobDesk
    private let backlogs: BacklogKeeper
    package let files: TenantFiles
    package let fileKeeper: FileKeeper
    private let live: Live
    package let table: RouteTable
    package let api: API
    /// Every metric of the process.
    package let metrics: MetricRegistry
    let watch: Watch
    let crashLog: CrashLog?
    /// Those of `services` that run plugins' code and watch it.
    let keepers: [any Service]

    /// Connects, checks the schema, reads the state of all tenants and loads the plugins. Changes nothing.
    ///
    /// - Throws: `ConfigurationError` when the kernel's schema is not up to date; a module's only pauses the module.
    package static func start(_ settings: PlatformSettings, logger: Logger) async throws -> Platform {
        let databases = try Databases(
            server: settings.server, master: settings.master, leaseBudget: settings.leaseBudget,
            statementTimeout: settings.statementTimeout, logger: logger)
        do {
            let control = ControlPlane(
                pipeline: databases.pipeline(of: .auth), leases: databases.leases, sessionKeys: databases.sessionKeys,
                logger: logger)
            let schema = try await requireSchema(settings, databases)
            if let log = settings.crashLog {
                try await PluginPauses(pipeline: databases.pipeline(of: .auth), control: control).note(log)
                do {
                    try log.begin()
                } catch {
                    // A server that may write nowhere serves all the same.
                    logger.warning("crashes of plugins will not be told of", metadata: ["error": "\(error)"])
                }
            }
            try await control.load()
            return try Platform(settings, databases: databases, control: control, schema: schema, logger: logger)
        } catch {
            databases.close()
            throw error
        }
    }

    /// The platform without a database: it knows its plugins and routes, connects to nothing and can serve nothing.
    package static func described(_ installation: Installation, logger: Logger) throws -> Platform {
        let settings = PlatformSettings(
            server: try ConnectionSettings(url: "postgresql:///none"), master: .generate(), installation: installation)
        let databases = try Databases(server: settings.server, master: settings.master, logger: logger)
        defer { databases.close() }
        let control = ControlPlane(
            pipeline: databases.pipeline(of: .auth), sessionKeys: databases.sessionKeys, logger: logger)
        return try Platform(settings, databases: databases, control: control, schema: nil, logger: logger)
    }

    /// Checks that the database is as this program needs it.
    ///
    /// - Returns: what it found of the modules.
    /// - Throws: `ConfigurationError` when the kernel's schema is not up to date.
    @discardableResult
    static func requireSchema(
        _ settings: PlatformSettings, _ databases: Databases
    ) async throws -> SchemaStatus {
        let auth = databases.pipeline(of: .auth)
        let plans = PluginFolders(in: settings.installation.plugins).plans
        let status = try await SchemaStatus.read(settings.installation.folders, plans, pipeline: auth)
        if let reason = status.kernel { throw ConfigurationError(.schemaNotReady, reason) }
        try await MasterCheck.require(settings.master, pipeline: auth)
        return status
    }

    private init(
        _ settings: PlatformSettings, databases: Databases, control: ControlPlane, schema: SchemaStatus?,
        logger: Logger
    ) throws {
        let ground = Ground(settings, databases, control, schema, logger: logger)
        let (auth, worker) = (ground.auth, ground.worker)
        self.databases = databases
        self.control = control
        crashLog = settings.crashLog
        registry = ground.registry
        uninstalledModules = schema?.uninstalled ?? []
        metrics = ground.metrics
        files = try ground.files()
        fileKeeper = FileKeeper(files, leases: databases.leases, logger: logger)
        identity = try ground.identity(files)
        accountMail = ground.accountMail()
        let secrets = try ModuleSecrets(pipeline: auth, master: settings.master)
        modules = ground.modules(secrets, files, identity.customers)
        switches = ModuleSwitches(pipeline: auth, control: control, registry: registry, secrets: secrets)
        pauses = PluginPauses(pipeline: auth, control: control)
        bisections = PluginBisections(pipeline: auth, control: control)
        plugins = PluginRoutes(
            registry, pauses: pauses, control: control, tenants: PluginTenants(pipeline: auth),
            sight: PluginSight(pipeline: auth))
        keepers = ground.keepers()
        maintenance = MaintenanceLedger(pipeline: worker)
        maintenanceKeeper = MaintenanceKeeper(maintenance, leases: databases.leases, logger: logger)
        health = SystemHealthReader(pipeline: databases.pipeline(of: .operator))
        jobs = JobDesk(pipeline: worker, leases: databases.leases)
        backlogs = BacklogKeeper(pipeline: worker, leases: databases.leases, logger: logger)
        live = Live(ground, identity)
        let addresses = HookAddresses(pipeline: auth)
        let kernelRoutes =
            IdentityRoutes(identity).all
            + ModuleRoutes(switches: switches).all
            + SlotRoutes(registry, control: control).all
            + plugins.all
            + JobRoutes(jobs).all
            + MaintenanceRoutes(maintenance, health: health).all
            + FileRoutes(files).all
            + HookRoutes(registry, addresses: addresses).all
            + live.routes + ground.signIns(of: modules, identity)
        table = try ground.table(kernelRoutes, files, modules)
        watch = Watch(ground, health)
        api = ground.api(table, identity, live, watch, files, modules, addresses)
    }

    /// The document of the API.
    package var openAPI: JSONValue { Platform.openAPI(of: table) }

    static func openAPI(of table: RouteTable) -> JSONValue {
        OpenAPI.document(of: table.routes, version: BuildInfo.version)
    }

    /// The paths that no plugin may serve.
    package static let reservedMounts =
        IdentityRoutes.mounts + ModuleRoutes.mounts + PluginRoutes.mounts + SlotRoutes.mounts + FileRoutes.mounts
        + JobRoutes.mounts + EventRoutes.mounts + HookRoutes.mounts + API.mounts

    /// What runs as long as the process, in the order it starts; it stops in reverse.
    package var services: [any Service] { services(from: nil) }

    /// - Parameter turn: when the work begins that one process does for all; nil for at once.
    func services(from turn: Turn?) -> [any Service] {
        let shared: [any Service] =
            [
                fileKeeper, maintenanceKeeper, watch.jobCensus, watch.systemCensus, backlogs, live.relay, live.hub,
            ] + [accountMail].compactMap { $0 }
        let begun = turn.map { turn in shared.map { FromTurn(turn, $0) } } ?? shared
        return watch.observers + [databases, control] + begun + keepers
    }
}
