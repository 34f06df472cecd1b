internal import Foundation
package import PluginKit
internal import Tenancy

/// The last thing that went wrong in a plugin, as an operator may read it: what an error says stays in the log, because
/// it may hold a tenant's data.
package struct PluginFault: Sendable {
    /// The error's type, or what happened instead.
    package let kind: String
    /// The request in which it was, as the log names it.
    package let requestID: String?
    package let at: Timestamp

    init(_ error: any Error, request: String?) {
        kind = String("\(type(of: error))".prefix(200))
        requestID = request
        at = .now()
    }

    init(timeoutAfter deadline: Duration, request: String?) {
        kind = "took longer than \(deadline)"
        requestID = request
        at = .now()
    }

    /// Whether an error speaks against the plugin: a `Problem` is an answer, a cancellation somebody else's wish.
    static func isFault(_ error: any Error) -> Bool {
        !(error is Problem) && !(error is CancellationError) && !(error is IdempotencyClaim.Taken)
    }
}

/// How a plugin does in this process.
package struct PluginStatus: Sendable {
    package let inFlight: Int
    /// Pieces of work whose callers were answered 504 and that still have not ended.
    package let overdue: Int
    /// Pieces of work that wait for a thread.
    package let waiting: Int
    package let threadsWrittenOff: Int
    /// Tenants for whom it failed too often just now.
    package let failingTenants: Int
    package let timeouts: UInt64
    package let faults: UInt64
    package let refusals: UInt64
    package let lastError: PluginFault?
}
