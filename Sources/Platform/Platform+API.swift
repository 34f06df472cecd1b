internal import Events
internal import Files
internal import HTTP
internal import Identity
internal import PluginHost
internal import PluginKit
internal import Tenancy

/// What answers requests.
extension Platform.Ground {
    /// The kernel's routes and those of modules.
    func table(_ kernel: [Route], _ files: TenantFiles, _ modules: [MountedRoute.Module]) throws -> RouteTable {
        let modular = modules.flatMap { module in
            (registry.active(module.name.description)?.plugin?.routes ?? []).map { MountedRoute($0, module: module) }
        }
        return try RouteTable(
            kernel.map { MountedRoute($0, module: nil) }
                + (FileRoutes(files).linked + [HookRoutes.door]).map { MountedRoute($0, module: nil, root: "") }
                + modular)
    }

    /// How customers come in by their tenant's word, where a module knows who they are.
    func signIns(of modules: [MountedRoute.Module], _ identity: Identity) -> [Route] {
        for module in modules {
            guard let lookup = registry.active(module.name.description)?.plugin?.customerLookup else { continue }
            return CustomerSignIn(identity, control: control, module: module, lookup: lookup).all
        }
        return []
    }

    func api(
        _ table: RouteTable, _ identity: Identity, _ live: Platform.Live, _ watch: Platform.Watch, _ files: TenantFiles,
        _ modules: [MountedRoute.Module], _ addresses: HookAddresses
    ) -> API {
        API(
            table: table, authenticator: identity.authenticator, permissions: permissions, control: control,
            health: Health(control: control, pipeline: auth, connectionBudget: connectionBudget),
            documents: Documents { Platform.openAPI(of: table) },
            pluginPages: PluginPages(registry),
            metricsPage: MetricsPage(
                metrics, authenticator: identity.authenticator, letsLoopbackIn: settings.letsLoopbackReadMetrics),
            telemetry: Telemetry(table, registry: metrics, tracer: watch.tracer, accessLog: watch.accessLog),
            cursors: CursorKey(master: settings.master),
            idempotency: IdempotencyKeys(pipeline: auth, master: settings.master),
            exports: ExportLedger(pipeline: auth), teammates: live.teammates, files: files, events: live.streams,
            hooks: hooks(addresses, of: modules),
            homes: modules.compactMap { module in
                registry.active(module.name.description)?.manifest?.home.map { (module: module, path: $0) }
            },
            limits: settings.connectionLimits, proxies: settings.trustedProxies, logger: logger)
    }

    /// The most connections that the process may have open to the database.
    private var connectionBudget: Int {
        let pipelines = registry.activeManifests.count * ModuleDatabase.maximumConnections + KernelRole.allCases.count
        return pipelines + settings.leaseBudget
    }

    private func hooks(_ addresses: HookAddresses, of modules: [MountedRoute.Module]) -> HookDoor {
        HookDoor(
            addresses,
            modules.map { (module: $0, hooks: registry.active($0.name.description)?.plugin?.hooks ?? []) },
            resting: registry.plugins.compactMap { $0.plugin == nil && !$0.isUninstalled ? $0.manifest : nil })
    }
}
