@_spi(Kernel) package import PluginKit

/// The operator's routes: how the installation is, and what is done to it by the clock.
package struct MaintenanceRoutes: Sendable {
    private let ledger: MaintenanceLedger
    private let health: SystemHealthReader

    package init(_ ledger: MaintenanceLedger, health: SystemHealthReader) {
        self.ledger = ledger
        self.health = health
    }

    /// All of them; they lie below `/operator`.
    package var all: [Route] {
        [
            .request(
                "GET", "/operator/health", .operator, returns: SystemHealthPayload.self,
                "How the installation is, and what somebody should look at"
            ) { _ in
                try await health.read().resource()
            },
            .list(
                "/operator/maintenance", .operator, of: MaintenanceTaskPayload.self,
                "What is done to the installation by the clock"
            ) { _ in
                try await ledger.tasks()
            },
            .list("/operator/maintenance/runs", .operator, of: MaintenanceRunPayload.self, "How it went, newest first")
            { request in
                try await ledger.runs(request.page)
            },
            .request(
                "POST", "/operator/maintenance/{id}/run", .operator, returns: MaintenanceTaskPayload.self,
                "Do a task now; it begins within seconds"
            ) { request in
                guard let task = MaintenanceTask(rawValue: try request.path("id")) else { throw Problem.notFound }
                return try await ledger.request(task)
            }.with(parameters: [MaintenanceTaskPayload.name]),
        ]
    }
}

extension SystemHealth {
    /// As the API shows it.
    package func resource() throws -> Resource<SystemHealthPayload> {
        try Resource([
            "status": .string(status),
            "findings": .array(
                findings.map { finding in
                    [
                        "code": .string(finding.code), "severity": .string(finding.severity.rawValue),
                        "detail": .string(finding.detail),
                    ]
                }),
            "measures": measures,
        ])
    }
}
