internal import NIOCore
internal import NIOPosix

/// A value that somebody else brings. It is waited for once, until a deadline and as long as the task is not cancelled.
package struct Awaited<Value: Sendable>: Sendable {
    /// Keeps what comes first.
    private let promise: EventLoopPromise<Value>

    /// Whoever makes one waits for it, or brings it.
    package init() {
        promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Value.self)
    }

    /// Ends the wait; does nothing when it is over.
    package func bring(_ value: Value) {
        promise.succeed(value)
    }

    /// What was brought, or `fallback` for want of it.
    package func value(until deadline: ContinuousClock.Instant, else fallback: Value) async -> Value {
        let rest = max(Duration.zero, ContinuousClock.now.duration(to: deadline))
        let end = promise.futureResult.eventLoop.scheduleTask(in: TimeAmount(rest)) { promise.succeed(fallback) }
        defer { end.cancel() }
        return await withTaskCancellationHandler {
            (try? await promise.futureResult.get()) ?? fallback
        } onCancel: {
            promise.succeed(fallback)
        }
    }
}
