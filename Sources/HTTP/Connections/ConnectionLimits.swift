internal import Foundation

/// How long a client may take with its part of an exchange, and how many clients there may be.
package struct ConnectionLimits: Sendable {
    /// From the connection to the end of the first request's header.
    package var header: Duration = .seconds(20)
    /// For the body, from the moment it is asked for.
    package var body: Duration = .seconds(20)
    /// Between an answer and the end of the next request's header.
    package var idle: Duration = .seconds(60)
    /// When no more connections are taken, for a last request on one that is open.
    package var farewell: Duration = .seconds(1)
    /// Connections that are open at one time; whoever comes beyond them is hung up on.
    package var connections = ConnectionLimits.connections(of: ConnectionLimits.descriptors)
    /// For the client to take more of an answer that waits for it. A download or an export may go on for almost as long
    /// without a byte: whoever watches it looks once in `idle`.
    var stall: Duration { idle * 2 }

    package init() {}

    /// How many connections leave descriptors for the database, for files and for plugins.
    static func connections(of descriptors: Int) -> Int { max(1, descriptors - max(100, descriptors / 4)) }

    /// How many descriptors this process may have open; what is usual where that cannot be told.
    private static var descriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}
