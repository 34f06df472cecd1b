/// How long a client may take with its part of an exchange.
package struct ConnectionLimits: Sendable {
    /// From the connection to the end of the first request's header.
    package var header: Duration = .seconds(20)
    /// For the body, from the moment it is asked for.
    package var body: Duration = .seconds(20)
    /// Between an answer and the end of the next request's header.
    package var idle: Duration = .seconds(60)
    /// When no more connections are taken, for a last request on one that is open.
    package var farewell: Duration = .seconds(1)
    /// For the client to take more of an answer that waits for it. A download or an export may go on for almost as long
    /// without a byte: whoever watches it looks once in `idle`.
    var stall: Duration { idle * 2 }

    package init() {}
}
