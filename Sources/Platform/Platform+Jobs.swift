internal import HTTP
package import Jobs
package import Logging
internal import PluginHost
@_spi(Kernel) internal import PluginKit
package import ServiceLifecycle
internal import Tenancy

extension Platform {
    /// What runs one module's jobs, in the order it starts; nil when its plugin does not serve here.
    package func jobServices(
        of module: String, _ settings: JobWorker.Settings, logger: Logger
    ) -> [any Service]? {
        guard let mounted = modules.first(where: { $0.name.description == module }),
            let plugin = registry.active(module)?.plugin
        else { return nil }
        let worker = JobWorker(
            JobWorker.Module(
                name: mounted.name, jobs: plugin.jobs + [api.commandJob(of: mounted)], wall: mounted.wall,
                database: mounted.database, tracer: watch.tracer,
                services: { [control, api] in
                    mounted.services(for: $0, control, commands: api.commands(of: mounted, forJobIn: $0))
                }),
            databases: databases, settings: settings, logger: logger)
        return watch.observers + [databases, control] + keepers + [worker]
    }
}
