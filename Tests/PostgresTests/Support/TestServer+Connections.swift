import TestKit

@testable import Postgres

extension TestServer {
    /// A shared pipeline to a database, the superuser's.
    func pipeline(
        _ settings: ConnectionSettings? = nil, reactor: Reactor? = nil, idleLimit: Duration = .seconds(60),
        patience: Duration = .seconds(5)
    ) -> PipelineConnection {
        PipelineConnection(
            settings ?? self.settings, sharing: true, reactor: reactor ?? self.reactor, idleLimit: idleLimit,
            patience: patience, logger: logger)
    }

    /// A pool of leases to a database; the role's name says the application's name only.
    func leases(budget: Int = 4, _ settings: ConnectionSettings? = nil) -> LeasePool {
        let settings = settings ?? self.settings
        return LeasePool(budget: budget, reactor: reactor, logger: logger) { settings.named($0) }
    }
}

extension TestDatabase {
    /// A shared pipeline to this database.
    func pipeline() -> PipelineConnection { server.pipeline(settings) }
}

/// The code of the error that `body` throws, and its SQLSTATE if it has one; nil when it throws none.
func failure(_ body: () async throws -> Void) async throws -> String? {
    do {
        try await body()
        return nil
    } catch let error as DatabaseError {
        return error.description
    }
}
