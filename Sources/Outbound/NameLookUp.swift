package import NIOPosix
package import PluginKit
internal import Synchronization

/// Asks the system's resolver for the addresses of hosts, which may keep a thread for as long as somebody else's name
/// server likes.
package enum NameLookUp {
    /// How many names are looked up at one time.
    package static let threads = 8
    /// How many of them for one tenant: names that hang keep few but its own waiting.
    package static let threadsOfTenant = 2
    /// How many more names of one tenant wait for these.
    private static let maximumWaiting = 32

    /// Threads of its own: names that hang keep nobody but other look-ups waiting. They live as long as the process.
    package static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        return pool
    }()

    private static let state = Mutex(
        LookUpState<Awaited<[NetworkAddress]>>(maximumUnderWay: threadsOfTenant, maximumWaiting: maximumWaiting))

    /// Every address of a host; none when there is no such name, no answer in time, nobody who waits, or too much that
    /// the tenant asks at a time. What does not answer in time is left to its thread, and what has not begun by then
    /// never does. Whoever asks for a host that is being asked for waits for the same answer, so that no host takes
    /// more than one thread.
    ///
    /// - Parameters:
    ///   - tenant: who chose the host; nil for the kernel.
    ///   - resolve: asks, and blocks meanwhile.
    package static func addresses(
        of host: String, for tenant: TenantID?, until deadline: ContinuousClock.Instant,
        by resolve: @escaping @Sendable (String) -> [NetworkAddress] = { NetworkAddress.resolve($0) }
    ) async -> [NetworkAddress] {
        let now = ContinuousClock.now
        guard now < deadline else { return [] }
        let answer = Awaited<[NetworkAddress]>()
        switch state.withLock({ $0.join(host, answer, of: tenant, until: deadline, at: now) }) {
        case .begin: begin(host, resolve)
        case .wait: break
        case .refused: answer.bring([])
        }
        return await answer.value(until: deadline, else: [])
    }

    private static func begin(_ host: String, _ resolve: @escaping @Sendable (String) -> [NetworkAddress]) {
        pool.submit { phase in
            let end = state.withLock { state in
                phase == .active ? state.endUnwanted(host, at: .now) : state.end(host, at: .now)
            }
            if let end { return tell(end, [], resolve) }
            let found = resolve(host)
            tell(state.withLock { $0.end(host, at: .now) }, found, resolve)
        }
    }

    /// Tells who waited, and begins what waited behind it.
    private static func tell(
        _ end: LookUpState<Awaited<[NetworkAddress]>>.End, _ addresses: [NetworkAddress],
        _ resolve: @escaping @Sendable (String) -> [NetworkAddress]
    ) {
        if let next = end.next { begin(next, resolve) }
        for waiter in end.waiters { waiter.bring(addresses) }
    }
}
