internal import NIOCore
package import NIOPosix
internal import Synchronization

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

    /// A host that is asked for, and who waits for its addresses.
    private struct Question {
        var promises: [EventLoopPromise<[NetworkAddress]>] = []
        var deadline: ContinuousClock.Instant
    }

    private static let questions = Mutex<[String: Question]>([:])

    /// Every address of a host; none when there is no such name, no answer in time, or nobody who waits. What does not
    /// answer in time is left to its thread, and what has not begun by then never does. Whoever asks for a host that is
    /// being asked for waits for the same answer, so that no host takes more than one thread.
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
        if join(host, promise, until: deadline) {
            pool.submit { state in
                if let late = state == .active ? late(host) : finish(host) {
                    for promise in late { promise.succeed([]) }
                } else {
                    let found = resolve(host)
                    for promise in finish(host) { promise.succeed(found) }
                }
            }
        }
        defer { end.cancel() }
        return await withTaskCancellationHandler {
            (try? await promise.futureResult.get()) ?? []
        } onCancel: {
            promise.succeed([])
        }
    }

    /// Waits for a host with others; whether nobody has asked for it yet.
    private static func join(
        _ host: String, _ promise: EventLoopPromise<[NetworkAddress]>, until deadline: ContinuousClock.Instant
    ) -> Bool {
        questions.withLock { questions in
            let isFirst = questions[host] == nil
            var question = questions[host] ?? Question(deadline: deadline)
            question.promises.append(promise)
            question.deadline = max(question.deadline, deadline)
            questions[host] = question
            return isFirst
        }
    }

    /// Those who asked for a host that nobody waits for any more; nil while somebody does. Who comes after is the first.
    private static func late(_ host: String) -> [EventLoopPromise<[NetworkAddress]>]? {
        questions.withLock { questions in
            if let question = questions[host], ContinuousClock.now < question.deadline { return nil }
            return questions.removeValue(forKey: host)?.promises ?? []
        }
    }

    private static func finish(_ host: String) -> [EventLoopPromise<[NetworkAddress]>] {
        questions.withLock { $0.removeValue(forKey: host)?.promises ?? [] }
    }
}
