@_spi(Kernel) internal import PluginKit
internal import Tenancy

extension TenantFiles {
    /// A link to a file of a tenant, and when it ends.
    ///
    /// - Throws: `Problem.notFound`; 422 for less than a second and more than seven days.
    func link(
        _ id: FileID, of tenant: TenantID, lifetime: Duration
    ) async throws -> (url: String, expiry: Timestamp) {
        guard lifetime >= .seconds(1), lifetime <= FileLinks.maximumLifetime else {
            throw Problem.validation([
                .init(pointer: "/expires_in", code: "range", detail: "must lie between 1 and 604800 seconds")
            ])
        }
        _ = try await table.record(id, of: tenant)
        let expiry = Timestamp.now().advanced(by: lifetime).seconds
        let token = links.token(for: .init(tenant: tenant, file: id, expiry: expiry))
        return (
            "\(settings.publicURL ?? "")\(FileRoutes.linkRoot)/\(token)",
            Timestamp(microseconds: expiry * 1_000_000)
        )
    }

    /// What a link leads to. Every link that does not hold, for whatever reason, is answered alike.
    ///
    /// - Throws: `Problem.notFound`; 503 `files_unavailable`.
    func download(linked token: String) async throws -> Download {
        guard let target = links.target(of: token), control.read({ $0.isActive(target.tenant) }) else {
            throw Problem.notFound
        }
        return try await download(target.file, of: target.tenant, isPublic: true)
    }
}
