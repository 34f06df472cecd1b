#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A thread of the operating system, for work that would hold up Swift's own threads.
enum WorkerThread {
    /// How far such a thread stands back, of 19: a request's thread gets ten times as much of a contended core.
    ///
    /// Not SCHED_IDLE of sched(7), under which a request would wait less still: on a machine that others keep busy
    /// such a thread gets next to nothing, and nobody could log in.
    private static let niceness: Int32 = 10

    #if os(Linux)
        private static let priorityOfThread = __priority_which_t(PRIO_PROCESS.rawValue)
    #endif

    /// Runs `body` once on a new thread. Returns whether the system granted one.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Box(body: body))
        #if os(Linux)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let status = pthread_create(&thread, nil, entry, box.toOpaque())
        guard status == 0 else {
            box.release()
            return false
        }
        #if os(Linux)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
        return true
    }

    #if os(Linux)
        private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
            // Linux keeps a niceness for each thread (setpriority(2), "C library/kernel differences").
            _ = setpriority(priorityOfThread, 0, niceness)
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }
    #else
        private static let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }
    #endif

    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
