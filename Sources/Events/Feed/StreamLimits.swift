/// How many streams there may be, and how they behave.
package struct StreamLimits: Sendable {
    /// The most streams of one tenant in one process.
    package var perTenant = 1000
    /// The most streams of one customer in one process. All customers of a tenant together take half of its streams at
    /// most, so that they cannot keep its own people out.
    package var perCustomer = 5
    /// The most streams of one process.
    package var perProcess = 5000
    /// How often a silent stream says that it is there.
    package var heartbeat: Duration = .seconds(15)
    /// How long a client may take what it is sent before it loses its connection.
    package var write: Duration = .seconds(10)
    /// How long a position may be resumed.
    package var retention: Duration = .seconds(86_400)
    /// How often a tenant's new events are looked for.
    package var poll: Duration = .milliseconds(50)
    /// The most events and bytes that are kept for streams that lag behind.
    package var kept = (events: 512, bytes: 1 << 20)
    /// How long clients wait before they come back, in milliseconds.
    package var retry = 2000

    package init() {}
}
