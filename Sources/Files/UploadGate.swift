internal import PluginKit
internal import Synchronization

/// Bounds how many uploads are under way, since what they bring lies on the disk before any limit of bytes is asked.
final class UploadGate: Sendable {
    private struct Counts {
        var total = 0
        var ofTenant: [TenantID: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let maximumOfTenant: Int
    private let maximum: Int

    init(_ settings: FileSettings) {
        maximumOfTenant = settings.maximumUploadsOfTenant
        maximum = settings.maximumUploads
    }

    /// Runs an upload of a tenant.
    ///
    /// - Throws: `Problem` 429 `too_many_uploads` for the tenant's own, 503 `uploads_busy` for everybody's; what `body`
    ///   throws.
    func pass<Value>(_ tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        try enter(tenant)
        defer { leave(tenant) }
        return try await body()
    }

    private func enter(_ tenant: TenantID) throws(Problem) {
        let refusal: Problem? = counts.withLock { counts in
            guard counts.ofTenant[tenant, default: 0] < maximumOfTenant else { return UploadGate.tooMany }
            guard counts.total < maximum else { return UploadGate.busy }
            counts.total += 1
            counts.ofTenant[tenant, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    private func leave(_ tenant: TenantID) {
        counts.withLock { counts in
            counts.total -= 1
            let left = counts.ofTenant[tenant, default: 1] - 1
            counts.ofTenant[tenant] = left > 0 ? left : nil
        }
    }

    private static let tooMany = Problem(
        status: 429, code: "too_many_uploads", detail: "Too many uploads of this tenant are under way.", retryAfter: 5)
    private static let busy = Problem(
        status: 503, code: "uploads_busy", detail: "Too many uploads are under way.", retryAfter: 5)
}
