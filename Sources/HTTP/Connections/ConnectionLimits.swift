/// How long a client may take with its part of an exchange.
package struct ConnectionLimits: Sendable {
    /// From the connection to the end of the first request's header.
    package var header: Duration = .seconds(20)
    /// For the body, from the moment it is asked for.
    package var body: Duration = .seconds(20)
    /// Between an answer and the end of the next request's header.
    package var idle: Duration = .seconds(60)

    package init() {}
}
