internal import Cryptography
internal import Files
internal import HTTP
internal import Identity
internal import Logging
internal import Mail
internal import Migrations
internal import Observability
internal import PluginHost
internal import PluginKit
internal import Postgres
internal import ServiceLifecycle
internal import Tenancy

extension Platform {
    /// What the parts of a platform are made of.
    struct Ground {
        let settings: PlatformSettings
        let databases: Databases
        let control: ControlPlane
        let registry: PluginRegistry
        let permissions: Permissions
        let metrics = MetricRegistry()
        let logger: Logger

        /// Loads the plugins.
        ///
        /// - Parameter schema: what the database says of the modules; nil without one.
        init(
            _ settings: PlatformSettings, _ databases: Databases, _ control: ControlPlane, _ schema: SchemaStatus?,
            logger: Logger
        ) {
            self.settings = settings
            self.databases = databases
            self.control = control
            self.logger = logger
            let installation = settings.installation
            let registry = PluginRegistry.load(
                from: installation.plugins, libraries: installation.libraries,
                reserved: Platform.reservedMounts, pending: schema?.modules ?? [:],
                uninstalled: schema?.uninstalled ?? [], pauses: control.read { $0.pausedPlugins },
                limits: settings.pluginLimits, logger: logger)
            self.registry = registry
            permissions = Permissions(
                registry.activeManifests.flatMap { $0.permissions.map { (permission: $0.id, roles: $0.roles) } },
                narrowable: Set(registry.activeManifests.flatMap { $0.permissions.filter(\.isNarrowable).map(\.id) }))
        }

        /// The pipeline of the kernel's role `auth`.
        var auth: PipelineConnection { databases.pipeline(of: .auth) }

        /// The pipeline of the kernel's role `worker`.
        var worker: PipelineConnection { databases.pipeline(of: .worker) }
    }
}

extension Platform.Ground {
    func files() throws -> TenantFiles {
        try TenantFiles(
            settings.files, pipeline: auth, control: control, master: settings.master, metrics: metrics, logger: logger)
    }

    func identity(_ files: TenantFiles) throws -> Identity {
        let passwords = PasswordHasher(
            cost: settings.passwordCost, concurrency: settings.passwordConcurrency, derive: settings.keyDerivation)
        return try Identity(
            pipeline: auth, leases: databases.leases, control: control, master: settings.master,
            issuer: settings.issuer, passwords: passwords, permissions: permissions, oidc: settings.oidc, files: files,
            isMailSent: settings.mail != nil, logger: logger)
    }

    /// Nil when nobody takes mail.
    func accountMail() -> AccountMail? {
        settings.mail.map {
            AccountMail(
                pipeline: auth, mailer: Mailer($0), retry: settings.mailRetry, meter: MailMeter(in: metrics),
                logger: logger)
        }
    }

    /// What runs plugins' code and watches it.
    func keepers() -> [any Service] {
        let recycler = Recycler()
        let tellers: [any Service] = [
            LoadedPlugins(registry, as: settings.processKind, pipeline: auth, logger: logger),
            PluginErrorLog(registry.walls, pipeline: auth, logger: logger),
        ]
        let walls: [any Service] = registry.walls
        let watch = PluginWatch(registry.walls, limits: settings.watchLimits, recycler: recycler, logger: logger)
        return tellers + walls + [watch, recycler]
    }

    /// The modules whose code is in.
    func modules(
        _ secrets: ModuleSecrets, _ files: TenantFiles, _ customers: CustomerTokens
    ) -> [MountedRoute.Module] {
        registry.plugins.compactMap { hosted in
            guard hosted.plugin != nil, let manifest = hosted.manifest else { return nil }
            return MountedRoute.Module(
                name: manifest.id, title: manifest.title, isAlwaysOn: manifest.isAlwaysOn,
                database: databases.database(of: manifest.id), wall: hosted.wall, settings: manifest.settings,
                secrets: secrets,
                http: ModuleHTTP(
                    module: manifest.id.description, grant: NetworkGrant(manifest.network), policy: settings.outbound,
                    logger: logger), files: files, customers: customers, uses: manifest.uses)
        }
    }
}
