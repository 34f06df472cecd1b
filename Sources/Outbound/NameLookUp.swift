internal import NIOCore
package import NIOPosix

/// Asks the system's resolver for the addresses of hosts, which may keep a thread for as long as somebody else's name
/// server likes.
package enum NameLookUp {
    /// How many names are looked up at one time.
    package static let threads = 8
    /// Threads of its own: names that hang keep nobody but other look-ups waiting. They live as long as the process.
    package static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        return pool
    }()

    /// Every address of a host; none when there is no such name, no answer in time, or nobody who waits. What does not
    /// answer in time is left to its thread, and what has not begun by then never does.
    ///
    /// - Parameter resolve: asks, and blocks meanwhile.
    package static func addresses(
        of host: String, until deadline: ContinuousClock.Instant,
        by resolve: @escaping @Sendable (String) -> [NetworkAddress] = { NetworkAddress.resolve($0) }
    ) async -> [NetworkAddress] {
        let rest = ContinuousClock.now.duration(to: deadline)
        guard rest > .zero else { return [] }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: [NetworkAddress].self)
        // A promise keeps what comes first.
        let end = loop.scheduleTask(in: TimeAmount(rest)) { promise.succeed([]) }
        pool.submit { state in
            let isWanted = state == .active && ContinuousClock.now < deadline
            promise.succeed(isWanted ? resolve(host) : [])
        }
        defer { end.cancel() }
        return await withTaskCancellationHandler {
            (try? await promise.futureResult.get()) ?? []
        } onCancel: {
            promise.succeed([])
        }
    }
}
