internal import CEpoll
internal import Glibc
internal import Synchronization

/// One thread that waits for all database sockets of the process (epoll, level-triggered) and drives libpq.
///
/// A thread of its own, because libpq's sockets can be watched neither by SwiftNIO nor reliably by Dispatch on Linux.
package final class Reactor: @unchecked Sendable {
    // Safe to share: `clients` and `connecting` are touched by the reactor's thread only, `inbox` is locked, the rest never changes.

    private struct Inbox {
        var woken: [PipelineConnection] = []
        var jobs: [@Sendable (Reactor) -> Void] = []
        var isSignalled = false
        var isStopped = false
        /// Whether there is a thread.
        var isRunning = true

        var isEmpty: Bool { woken.isEmpty && jobs.isEmpty }
    }

    private let epoll: Int32
    private let signal: Int32
    private let inbox = Mutex(Inbox())
    private var clients: [Int32: PipelineConnection] = [:]
    /// Clients whose requests wait for a connection that is being made.
    private var connecting: [ObjectIdentifier: PipelineConnection] = [:]

    /// Starts the thread.
    ///
    /// - Throws: `DatabaseError` with code `overloaded` when the process has no descriptors left.
    package init() throws(DatabaseError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        signal = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, signal >= 0 else { throw DatabaseError(.overloaded, message: "no file descriptors are left") }
        control(EPOLL_CTL_ADD, signal)
        guard start() else { throw DatabaseError(.overloaded, message: "no thread could be started") }
    }

    /// Starts the thread; false when the process has none left.
    private func start() -> Bool {
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Reactor>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, retained.toOpaque())
        guard status == 0 else {
            retained.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    deinit {
        close(epoll)
        close(signal)
    }

    /// Ends the thread once every connection is closed. Who comes late, such as an attempt to connect that was under way,
    /// is served by a new one: nobody waits for ever.
    package func stop() {
        post { $0.isStopped = true }
    }

    /// Asks for `client.serve` soon.
    func wake(_ client: PipelineConnection) {
        post { $0.woken.append(client) }
    }

    /// Runs `job` on the reactor's thread.
    func run(_ job: @escaping @Sendable (Reactor) -> Void) {
        post { $0.jobs.append(job) }
    }

    /// Watches a client's socket. On the reactor's thread only.
    func watch(_ socket: Int32, for client: PipelineConnection) {
        clients[socket] = client
        control(EPOLL_CTL_ADD, socket)
    }

    /// Says what to wait for. On the reactor's thread only.
    func setInterest(readable: Bool, writable: Bool, _ socket: Int32) {
        control(EPOLL_CTL_MOD, socket, readable: readable, writable: writable)
    }

    /// Stops watching a client's socket, which may be closed already. On the reactor's thread only.
    func unwatch(_ socket: Int32, for client: PipelineConnection) {
        guard clients[socket] === client else { return }
        clients[socket] = nil
        control(EPOLL_CTL_DEL, socket)
    }

    /// Ticks a client that has no socket yet. On the reactor's thread only.
    func startTicking(_ client: PipelineConnection) { connecting[ObjectIdentifier(client)] = client }

    /// Ends that. On the reactor's thread only.
    func stopTicking(_ client: PipelineConnection) { connecting[ObjectIdentifier(client)] = nil }

    private func post(_ change: (inout sending Inbox) -> Void) {
        let (mustSignal, mustStart) = inbox.withLock { inbox in
            change(&inbox)
            defer { (inbox.isSignalled, inbox.isRunning) = (true, true) }
            return (!inbox.isSignalled, !inbox.isRunning)
        }
        if mustSignal { eventfd_write(signal, 1) }
        // Where no thread can be had, the caller's is, for the moment that it takes.
        if mustStart, !start() { run() }
    }

    private func control(_ operation: Int32, _ socket: Int32, readable: Bool = true, writable: Bool = false) {
        var event = epoll_event()
        event.events = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
        event.data.fd = socket
        epoll_ctl(epoll, operation, socket, &event)
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var lastTick = Reactor.now()
        while true {
            let count = epoll_wait(epoll, &events, 64, 100)
            for event in events.prefix(Int(max(0, count))) {
                if event.data.fd == signal {
                    var signals: UInt64 = 0
                    eventfd_read(signal, &signals)
                    continue
                }
                clients[event.data.fd]?.serve(
                    readable: event.events & ~EPOLLOUT.rawValue != 0, writable: event.events & EPOLLOUT.rawValue != 0)
            }
            guard drainInbox() else { return }
            let now = Reactor.now()
            if now - lastTick > 100_000_000 {
                lastTick = now
                for client in Array(clients.values) + Array(connecting.values) { client.tick(now: now) }
            }
        }
    }

    /// Serves what was posted; false when the thread is to end.
    private func drainInbox() -> Bool {
        let (woken, jobs) = inbox.withLock { inbox in
            defer {
                inbox.woken = []
                inbox.jobs = []
                inbox.isSignalled = false
            }
            return (inbox.woken, inbox.jobs)
        }
        for job in jobs { job(self) }
        for client in woken { client.serve(readable: false, writable: false) }
        let isUsed = !clients.isEmpty || !connecting.isEmpty
        return inbox.withLock { inbox in
            inbox.isRunning = !inbox.isStopped || isUsed || !inbox.isEmpty
            return inbox.isRunning
        }
    }

    /// Nanoseconds of the monotonic clock.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
