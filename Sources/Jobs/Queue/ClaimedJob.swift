package import Foundation
package import PluginKit

/// A job that this worker has, until it is done or the worker is not heard of any more.
package struct ClaimedJob: Sendable {
    package let id: ID<JobSubject>
    package let tenant: TenantID
    package let kind: String
    /// From 0, which is claimed first.
    let priority: Int
    package let payload: JSONValue
    /// Which attempt it is, from 1.
    package let attempt: Int
    package let timeout: Duration
    /// The steps that are done, with what they came to.
    package let steps: JSONValue
    /// Made anew by each claim.
    package let lease: UUID
    /// What the claim charged its lane, in milliseconds.
    package let charged: Double
    /// `traceparent` of what enqueued it.
    package let trace: String?

    /// Whether payload and steps could be read: PostgreSQL keeps numbers and depths that nobody here takes.
    package let isReadable: Bool

    init(_ row: Row) throws {
        id = try row.get("id")
        tenant = try row.get("tenant_id")
        kind = try row.get("kind")
        priority = try row.get("priority")
        attempt = try row.get("attempt")
        timeout = .milliseconds(try row.get("timeout_ms", as: Int.self))
        lease = try row.get("lease")
        charged = try row.get("charged_ms")
        trace = try row.get("trace")
        let documents = (try? row.get("payload", as: JSONValue.self), try? row.get("steps", as: JSONValue.self))
        (payload, steps) = (documents.0 ?? .null, documents.1 ?? .null)
        isReadable = documents.0 != nil && documents.1 != nil
    }
}
