@_spi(Kernel) package import PluginKit
internal import Tenancy

/// The kernel's routes for jobs: an admin's own, and an operator's of everybody.
package struct JobRoutes: Sendable {
    private let desk: JobDesk

    package init(_ desk: JobDesk) {
        self.desk = desk
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/jobs"]

    private static let filter = [
        Field("state", .oneOf(JobPayload.states), example: "dead"),
        Field("module", .text(2...31), example: "knowledge"),
        Field("kind", .text(3...80), example: "knowledge.suggest"),
    ]

    /// All of them.
    package var all: [Route] { own + operators }

    private var own: [Route] {
        [
            List("/jobs", needs: "jobs.read", query: JobRoutes.filter, of: JobPayload.self, "Jobs, newest first") {
                call in
                let filter = JobDesk.Filter(
                    state: try call.query["state"], module: try call.query["module"], kind: try call.query["kind"])
                return try await desk.list(of: call.tenant, filter, call.page)
            },
            Get("/jobs/{id}", needs: "jobs.read", returns: JobDetail.self, "A job and what went wrong in each attempt")
            {
                call in
                try await desk.find(try call.path("id", as: ID<JobSubject>.self), of: call.tenant)
            },
            .call(
                "POST", "/jobs/{id}/retry", .permission("jobs.write"), returns: JobDetail.self,
                "Run a dead job again, or one that waits at once"
            ) { call in
                try await desk.retry(try call.path("id", as: ID<JobSubject>.self), of: call.tenant)
            }.answering(409),
            .call(
                "POST", "/jobs/{id}/cancel", .permission("jobs.write"), returns: JobDetail.self,
                "Take a job out that has not begun"
            ) { call in
                try await desk.cancel(try call.path("id", as: ID<JobSubject>.self), of: call.tenant)
            }.answering(409),
            .call(
                "POST", "/jobs/redrive", .permission("jobs.write"), takes: Redrive.self, returns: Redriven.self,
                "Run dead jobs again, at most ten thousand"
            ) { call, filter in
                try await desk.redrive(filter, of: call.tenant)
            },
        ]
    }

    private var operators: [Route] {
        [
            .list("/operator/jobs/lanes", .operator, of: LanePayload.self, "How jobs stand, by module and tenant") {
                _ in
                try await desk.lanes()
            },
            .list("/operator/tenants/{id}/jobs", .operator, of: JobPayload.self, "A tenant's jobs, newest first") {
                request in
                try await desk.list(of: try request.path("id", as: TenantID.self), .init(), request.page)
            },
            .request(
                "GET", "/operator/tenants/{id}/jobs/{job_id}", .operator, returns: JobDetail.self,
                "A job and what went wrong in each attempt"
            ) { request in
                try await desk.find(
                    try request.path("job_id", as: ID<JobSubject>.self),
                    of: try request.path("id", as: TenantID.self))
            },
            .request(
                "POST", "/operator/tenants/{id}/jobs/{job_id}/retry", .operator, returns: JobDetail.self,
                "Run a tenant's dead job again, or one that waits at once"
            ) { request in
                try await desk.retry(
                    try request.path("job_id", as: ID<JobSubject>.self),
                    of: try request.path("id", as: TenantID.self))
            }.answering(409),
            .request(
                "POST", "/operator/tenants/{id}/jobs/{job_id}/cancel", .operator, returns: JobDetail.self,
                "Take a tenant's job out that has not begun"
            ) { request in
                try await desk.cancel(
                    try request.path("job_id", as: ID<JobSubject>.self),
                    of: try request.path("id", as: TenantID.self))
            }.answering(409),
            .request(
                "POST", "/operator/jobs/redrive", .operator, takes: Redrive.self, returns: Redriven.self,
                "Run dead jobs of all tenants again, at most ten thousand"
            ) { _, filter in
                try await desk.redrive(filter, of: nil)
            },
        ]
    }
}
