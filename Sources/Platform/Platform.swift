internal import Cryptography
package import HTTP
package import Identity
package import Logging
internal import Migrations
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
    package let tenants: Tenants
    package let members: Members
    package let logins: Logins
    package let operators: OperatorTokens
    package let switches: ModuleSwitches
    package let partitions: PartitionKeeper
    package let table: RouteTable
    /// The document of the API.
    package let openAPI: JSONValue
    package let api: API

    /// The product's version.
    package static let version = "0.1.0"

    /// Connects, checks the schema, reads the state of all tenants and loads the plugins. Changes nothing.
    ///
    /// - Throws: `ConfigurationError` when the kernel's schema is not up to date; a module's only pauses the module.
    package static func start(_ settings: PlatformSettings, logger: Logger) async throws -> Platform {
        let databases = try Databases(
            server: settings.server, master: settings.master, leaseBudget: settings.leaseBudget, logger: logger)
        do {
            let control = ControlPlane(pipeline: databases.pipeline(of: .auth), logger: logger)
            let pending = try await requireSchema(settings, databases)
            try await control.load()
            return try Platform(settings, databases: databases, control: control, pending: pending, logger: logger)
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
        let control = ControlPlane(pipeline: databases.pipeline(of: .auth), logger: logger)
        return try Platform(settings, databases: databases, control: control, pending: [:], logger: logger)
    }

    /// - Returns: for each module, why its schema cannot be used yet.
    private static func requireSchema(
        _ settings: PlatformSettings, _ databases: Databases
    ) async throws -> [String: String] {
        let auth = databases.pipeline(of: .auth)
        let plans = PluginFolder.list(in: settings.installation.plugins).compactMap(\.plan)
        let status = try await SchemaStatus.read(settings.installation.folders, plans, pipeline: auth)
        if let reason = status.kernel { throw ConfigurationError(reason) }
        try await MasterCheck.require(settings.master, pipeline: auth)
        return status.modules
    }

    private init(
        _ settings: PlatformSettings, databases: Databases, control: ControlPlane, pending: [String: String],
        logger: Logger
    ) throws {
        let auth = databases.pipeline(of: .auth)
        let installation = settings.installation
        let registry = PluginRegistry.load(
            from: installation.plugins, libraries: installation.libraries,
            reserved: IdentityRoutes.mounts + ModuleRoutes.mounts, pending: pending, logger: logger)
        let permissions = Permissions(
            registry.activeManifests.flatMap { $0.permissions.map { (permission: $0.id, roles: $0.roles) } })

        let keyID = try TokenKeyID("k1")
        let keys = try TokenKeySet([try TokenKey(id: keyID, derivedFrom: settings.master)], active: keyID)
        let passwords = PasswordHasher(cost: settings.passwordCost, concurrency: settings.passwordConcurrency)
        self.databases = databases
        self.control = control
        self.registry = registry
        tenants = Tenants(pipeline: auth, passwords: passwords)
        members = Members(pipeline: auth, passwords: passwords)
        operators = OperatorTokens(pipeline: auth)
        logins = Logins(
            pipeline: auth, passwords: passwords, issuer: TokenIssuer(issuer: settings.issuer, keys: keys),
            refreshTokens: RefreshTokens(master: settings.master))
        switches = ModuleSwitches(pipeline: auth, control: control, registry: registry)
        partitions = PartitionKeeper(leases: databases.leases, logger: logger)

        let kernelRoutes =
            IdentityRoutes(logins: logins, tenants: tenants, members: members, permissions: permissions).all
            + ModuleRoutes(switches: switches, registry: registry).all
        table = try RouteTable(
            kernelRoutes.map { MountedRoute($0, module: nil) } + Platform.moduleRoutes(registry, databases))
        openAPI = OpenAPI.document(of: table.routes, version: Platform.version)
        let authenticator = Authenticator(
            verifier: TokenVerifier(issuer: settings.issuer, keys: keys), operators: operators, control: control)
        let pipelines = registry.activeManifests.count * ModuleDatabase.maximumConnections + KernelRole.allCases.count
        let budget = pipelines + settings.leaseBudget
        api = API(
            table: table, authenticator: authenticator, permissions: permissions, control: control,
            health: Health(control: control, pipeline: auth, connectionBudget: budget),
            documents: Documents(openAPI: openAPI),
            cursors: CursorKey(master: settings.master), logger: logger)
    }

    /// What runs as long as the process, in the order it starts; it stops in reverse.
    package var services: [any Service] { [databases, control, partitions] }

    private static func moduleRoutes(_ registry: PluginRegistry, _ databases: Databases) -> [MountedRoute] {
        registry.plugins.flatMap { hosted -> [MountedRoute] in
            guard let plugin = hosted.plugin, let manifest = hosted.manifest else { return [] }
            let module = MountedRoute.Module(
                name: manifest.id, title: manifest.title, isAlwaysOn: manifest.isAlwaysOn,
                database: databases.database(of: manifest.id))
            return plugin.routes.map { MountedRoute($0, module: module) }
        }
    }
}
