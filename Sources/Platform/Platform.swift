internal import Cryptography
internal import Events
package import Files
package import HTTP
package import Identity
package import Jobs
package import Logging
internal import Mail
package import Maintenance
internal import Migrations
package import Observability
package import PluginHost
package import PluginKit
internal import Postgres
package import ServiceLifecycle
package import Tenancy

/// The whole kernel, put together: connections, state, plugins, identity, routes.
package struct Platform: Sendable {
    package let databases: Databases
    package let control: ControlPlane
    package let registry: PluginRegistry
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
    private let systemCensus: SystemCensus
    package let jobs: JobDesk
    private let census: JobCensus
    private let backlogs: BacklogKeeper
    package let files: TenantFiles
    package let fileKeeper: FileKeeper
    /// Reads events for the streams of this process.
    private let events: EventHub
    private let relay: EventRelay
    package let table: RouteTable
    /// The document of the API.
    package let openAPI: JSONValue
    package let api: API
    /// Every metric of the process.
    package let metrics: MetricRegistry
    /// Those of `services` that watch the others: the access log and the export of spans.
    let observers: [any Service]
    /// Decides what is recorded of traces.
    let tracer: Tracer
    /// Those of `services` that run plugins' code and watch it.
    let keepers: [any Service]

    /// Connects, checks the schema, reads the state of all tenants and loads the plugins. Changes nothing.
    ///
    /// - Throws: `ConfigurationError` when the kernel's schema is not up to date; a module's only pauses the module.
    package static func start(_ settings: PlatformSettings, logger: Logger) async throws -> Platform {
        let databases = try Databases(
            server: settings.server, master: settings.master, leaseBudget: settings.leaseBudget, logger: logger)
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
        let plans = PluginFolder.list(in: settings.installation.plugins).compactMap(\.plan)
        let status = try await SchemaStatus.read(settings.installation.folders, plans, pipeline: auth)
        if let reason = status.kernel { throw ConfigurationError(reason) }
        try await MasterCheck.require(settings.master, pipeline: auth)
        return status
    }

    private init(
        _ settings: PlatformSettings, databases: Databases, control: ControlPlane, schema: SchemaStatus?,
        logger: Logger
    ) throws {
        let auth = databases.pipeline(of: .auth)
        let installation = settings.installation
        let registry = PluginRegistry.load(
            from: installation.plugins, libraries: installation.libraries,
            reserved: Platform.reservedMounts, pending: schema?.modules ?? [:], uninstalled: schema?.uninstalled ?? [],
            pauses: control.read { $0.pausedPlugins }, limits: settings.pluginLimits, logger: logger)
        let permissions = Permissions(
            registry.activeManifests.flatMap { $0.permissions.map { (permission: $0.id, roles: $0.roles) } },
            narrowable: Set(registry.activeManifests.flatMap { $0.permissions.filter(\.isNarrowable).map(\.id) }))

        let metrics = MetricRegistry()
        self.metrics = metrics
        files = try TenantFiles(
            settings.files, pipeline: auth, control: control, master: settings.master, metrics: metrics, logger: logger)
        fileKeeper = FileKeeper(files, leases: databases.leases, logger: logger)
        let passwords = PasswordHasher(
            cost: settings.passwordCost, concurrency: settings.passwordConcurrency,
            derive: settings.keyDerivation)
        self.databases = databases
        self.control = control
        self.registry = registry
        identity = try Identity(
            pipeline: auth, leases: databases.leases, control: control, master: settings.master,
            issuer: settings.issuer, passwords: passwords,
            permissions: permissions, oidc: settings.oidc, files: files,
            isMailSent: settings.mail != nil, logger: logger)
        accountMail = settings.mail.map {
            AccountMail(
                pipeline: auth, mailer: Mailer($0), retry: settings.mailRetry, meter: MailMeter(in: metrics),
                logger: logger)
        }
        let secrets = try ModuleSecrets(pipeline: auth, master: settings.master)
        switches = ModuleSwitches(pipeline: auth, control: control, registry: registry, secrets: secrets)
        pauses = PluginPauses(pipeline: auth, control: control)
        let recycler = Recycler()
        bisections = PluginBisections(pipeline: auth, control: control)
        plugins = PluginRoutes(
            registry, pauses: pauses, control: control, tenants: PluginTenants(pipeline: auth),
            sight: PluginSight(pipeline: auth))
        keepers =
            [
                LoadedPlugins(registry, as: settings.processKind, pipeline: auth, logger: logger),
                PluginErrorLog(registry.walls, pipeline: auth, logger: logger),
            ] + registry.walls
            + [PluginWatch(registry.walls, limits: settings.watchLimits, recycler: recycler, logger: logger), recycler]
        maintenance = MaintenanceLedger(pipeline: databases.pipeline(of: .worker))
        maintenanceKeeper = MaintenanceKeeper(maintenance, leases: databases.leases, logger: logger)
        health = SystemHealthReader(pipeline: databases.pipeline(of: .operator))
        jobs = JobDesk(pipeline: databases.pipeline(of: .worker))

        let worker = databases.pipeline(of: .worker)
        let manifests = registry.activeManifests
        let teammates = Teammates(pipeline: auth)
        let policy = EventPolicy(
            permissions, control: control,
            modules: Dictionary(
                manifests.map { ($0.id.description, $0.isAlwaysOn) }, uniquingKeysWith: { first, _ in first }))
        relay = EventRelay(pipeline: worker, logger: logger)
        events = EventHub(
            pipeline: worker, positions: EventPositions(master: settings.master), control: control,
            limits: settings.streamLimits, meter: StreamMeter(metrics), logger: logger)
        let streams = EventStreams(
            events, authenticator: identity.authenticator, policy: policy, teammates: teammates)
        let eventRoutes = EventRoutes(
            types: Platform.eventTypes(manifests), policy: policy, teammates: teammates, pipeline: worker,
            retention: settings.streamLimits.retention)

        let modules = Platform.modules(
            registry, databases, secrets, settings.outbound, files, identity.customers, logger: logger)
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
            + eventRoutes.all + Platform.signIns(of: modules, registry, identity, control)
        self.modules = modules
        table = try RouteTable(
            kernelRoutes.map { MountedRoute($0, module: nil) }
                + (FileRoutes(files).linked + [HookRoutes.door]).map { MountedRoute($0, module: nil, root: "") }
                + Platform.routes(of: modules, registry))
        openAPI = OpenAPI.document(of: table.routes, version: BuildInfo.version)
        let pipelines = registry.activeManifests.count * ModuleDatabase.maximumConnections + KernelRole.allCases.count
        let budget = pipelines + settings.leaseBudget
        Platform.registerMetrics(databases, in: metrics)
        Platform.registerMetrics(registry, in: metrics)
        let accessLog = settings.accessLog.map { output in
            AccessLog(
                output: output,
                dropped: metrics.counter(
                    "romashka_access_log_dropped_total", help: "Lines of the access log that found no room."))
        }
        systemCensus = SystemCensus(
            health, sharing: SharedCensus(.system, pipeline: worker), in: metrics, logger: logger)
        let census = JobCensus(pipeline: databases.pipeline(of: .worker), in: metrics, logger: logger)
        let (tracer, exporter) = Platform.tracing(settings.tracing, metrics, logger: logger)
        let watching: [(any Service)?] = [accessLog, exporter]
        self.census = census
        backlogs = BacklogKeeper(pipeline: worker, leases: databases.leases, logger: logger)
        self.tracer = tracer
        observers = watching.compactMap { $0 }
        api = API(
            table: table, authenticator: identity.authenticator, permissions: permissions, control: control,
            health: Health(control: control, pipeline: auth, connectionBudget: budget),
            documents: Documents(openAPI: openAPI), pluginPages: PluginPages(registry),
            metricsPage: MetricsPage(
                metrics, authenticator: identity.authenticator, letsLoopbackIn: settings.letsLoopbackReadMetrics),
            telemetry: Telemetry(table, registry: metrics, tracer: tracer, accessLog: accessLog),
            cursors: CursorKey(master: settings.master), idempotency: IdempotencyKeys(pipeline: auth),
            exports: ExportLedger(pipeline: auth), teammates: teammates, events: streams,
            hooks: Platform.hooks(addresses, of: modules, registry),
            homes: modules.compactMap { module in
                registry.active(module.name.description)?.manifest?.home.map { (module: module, path: $0) }
            },
            limits: settings.connectionLimits, proxies: settings.trustedProxies, logger: logger)
    }

    /// The paths that no plugin may serve.
    package static let reservedMounts =
        IdentityRoutes.mounts + ModuleRoutes.mounts + PluginRoutes.mounts + SlotRoutes.mounts + FileRoutes.mounts
        + JobRoutes.mounts + EventRoutes.mounts + HookRoutes.mounts + API.mounts

    /// What runs as long as the process, in the order it starts; it stops in reverse.
    package var services: [any Service] {
        observers + [databases, control, fileKeeper, maintenanceKeeper, census, systemCensus, backlogs, relay, events]
            + keepers + [accountMail].compactMap { $0 }
    }

    private static func hooks(
        _ addresses: HookAddresses, of modules: [MountedRoute.Module], _ registry: PluginRegistry
    ) -> HookDoor {
        HookDoor(
            addresses,
            modules.map { (module: $0, hooks: registry.active($0.name.description)?.plugin?.hooks ?? []) },
            resting: registry.plugins.compactMap { $0.plugin == nil && !$0.isUninstalled ? $0.manifest : nil })
    }

    private static func eventTypes(_ manifests: [Manifest]) -> [EventType] {
        EventType.kernel
            + manifests.flatMap { manifest in
                manifest.events.map {
                    EventType(
                        type: $0.type, title: $0.title, version: $0.version, module: manifest.id.description,
                        sample: $0.sample)
                }
            }
    }

    private static func modules(
        _ registry: PluginRegistry, _ databases: Databases, _ secrets: ModuleSecrets, _ policy: ModuleHTTP.Policy,
        _ files: TenantFiles, _ customers: CustomerTokens, logger: Logger
    ) -> [MountedRoute.Module] {
        registry.plugins.compactMap { hosted in
            guard hosted.plugin != nil, let manifest = hosted.manifest else { return nil }
            return MountedRoute.Module(
                name: manifest.id, title: manifest.title, isAlwaysOn: manifest.isAlwaysOn,
                database: databases.database(of: manifest.id), wall: hosted.wall, settings: manifest.settings,
                secrets: secrets,
                http: ModuleHTTP(
                    module: manifest.id.description, grant: NetworkGrant(manifest.network), policy: policy,
                    logger: logger), files: files, customers: customers, uses: manifest.uses)
        }
    }

    /// How customers come in by their tenant's word, where a module knows who they are.
    private static func signIns(
        of modules: [MountedRoute.Module], _ registry: PluginRegistry, _ identity: Identity, _ control: ControlPlane
    ) -> [Route] {
        for module in modules {
            guard let lookup = registry.active(module.name.description)?.plugin?.customerLookup else { continue }
            return CustomerSignIn(identity, control: control, module: module, lookup: lookup).all
        }
        return []
    }

    private static func routes(of modules: [MountedRoute.Module], _ registry: PluginRegistry) -> [MountedRoute] {
        modules.flatMap { module in
            (registry.active(module.name.description)?.plugin?.routes ?? []).map { MountedRoute($0, module: module) }
        }
    }
}
