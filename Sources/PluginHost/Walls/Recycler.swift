internal import ServiceLifecycle

/// Ends the process in order when it is asked to, so that whoever supervises it starts a fresh one.
package struct Recycler: Service {
    private let reasons: AsyncStream<String>
    private let reason: AsyncStream<String>.Continuation

    package init() {
        (reasons, reason) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Asks for a fresh process; the first reason counts.
    package func ask(_ why: String) { reason.yield(why) }

    /// Waits to be asked, or for shutdown.
    ///
    /// - Throws: `RecycleNeeded`.
    package func run() async throws {
        for await reason in reasons.cancelOnGracefulShutdown() { throw RecycleNeeded(reason: reason) }
    }
}

/// The process can no longer be helped, and should be replaced by a fresh one.
package struct RecycleNeeded: Error, CustomStringConvertible {
    /// How a process ends that should be started anew: EX_TEMPFAIL of sysexits.h.
    package static let exitCode: Int32 = 75

    package let reason: String

    package var description: String { "this process should be started anew: \(reason)" }
}
