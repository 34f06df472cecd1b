package import Files
package import Identity
package import PluginHost
package import PluginKit
package import Tenancy

/// A route with the plugin it came from and the database it uses.
package struct MountedRoute: Sendable {
    /// The path with its prefix: `/v1/conversations/{id}`.
    package let path: String
    package let route: Route
    /// The module whose switch decides; nil for the kernel's own routes.
    package let module: Module?
    /// What it is called where errors are told of.
    let place: PluginError.Place
    /// Where it stands among the routes of its table.
    package internal(set) var position = 0

    /// The module of a route.
    package struct Module: Sendable {
        package let name: ModuleName
        /// What people call it.
        package let title: String
        package let isAlwaysOn: Bool
        package let database: ModuleDatabase
        /// Where its code runs.
        package let wall: PluginWall
        /// What a tenant can set.
        package let settings: SettingsSchema
        package let secrets: ModuleSecrets
        package let http: ModuleHTTP
        package let files: TenantFiles
        package let customers: CustomerTokens
        /// The commands of other modules that it may ask for.
        package let uses: Set<String>

        package init(
            name: ModuleName, title: String, isAlwaysOn: Bool, database: ModuleDatabase, wall: PluginWall,
            settings: SettingsSchema, secrets: ModuleSecrets, http: ModuleHTTP, files: TenantFiles,
            customers: CustomerTokens, uses: [String] = []
        ) {
            self.uses = Set(uses)
            self.customers = customers
            self.wall = wall
            self.settings = settings
            self.secrets = secrets
            self.http = http
            self.files = files
            self.name = name
            self.title = title
            self.isAlwaysOn = isAlwaysOn
            self.database = database
        }
    }

    /// The parameters of the whole path, in order.
    package var parameters: [Field] {
        (route.access == .visitor ? [PublicRoutes.tenant] : []) + route.parameters
    }

    /// - Parameter root: what the route's path is below; nothing but the API is below `/v1`.
    package init(_ route: Route, module: Module?, root: String = "/v1") {
        path = (route.access == .visitor ? PublicRoutes.root : root) + route.path
        place = PluginError.Place("\(route.method) \(path)")
        self.route = route
        self.module = module
    }
}
