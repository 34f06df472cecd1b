internal import PluginKit
internal import Postgres
internal import Tenancy

extension Lease {
    /// Runs `body` in a transaction as the owner of the kernel's schema.
    func asKernelOwner(_ body: (Lease) async throws -> Void) async throws {
        try await transaction { lease in
            try await lease.run(SQL(unsafeSQL: "SET LOCAL ROLE \(RolePrefix.installation)owner"))
            try await body(lease)
        }
    }
}
