package import Foundation
package import Observability
package import PluginHost
@_spi(Kernel) package import PluginKit
package import Tenancy

extension JobWorker {
    /// How a worker works.
    package struct Settings: Sendable {
        /// What the worker is known by, for whoever started its process; nil makes an id.
        package var id: UUID?
        /// Jobs at one time.
        package var slots = 64
        /// How often it looks for work when nothing wakes it.
        package var interval: Duration = .milliseconds(20)
        /// How often it does so while it is told of new jobs: what waits for its time, and what the kernel enqueues.
        package var listeningInterval: Duration = .milliseconds(100)
        /// How long jobs may go on after a shutdown began.
        package var farewell: Duration = .seconds(10)
        /// It ends when there was nothing to do for so long; nil for never.
        package var endsWhenIdleFor: Duration?

        package init() {}
    }

    /// What a worker needs to run a module's jobs.
    package struct Module: Sendable {
        package let name: ModuleName
        package let jobs: [Job]
        package let wall: PluginWall
        package let database: ModuleDatabase
        /// What the kernel does for the module on behalf of a tenant.
        package let services: @Sendable (TenantSession) -> ModuleServices
        /// Decides what is recorded of the traces that jobs belong to.
        package let tracer: Tracer

        package init(
            name: ModuleName, jobs: [Job], wall: PluginWall, database: ModuleDatabase,
            tracer: Tracer = Tracer(ratio: nil),
            services: @escaping @Sendable (TenantSession) -> ModuleServices
        ) {
            self.tracer = tracer
            self.name = name
            self.jobs = jobs
            self.wall = wall
            self.database = database
            self.services = services
        }
    }
}
