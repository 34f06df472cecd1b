internal import NIOCore
internal import Synchronization

/// Watches that bytes go on coming or leaving: one timer of the event loop looks once a window at how many did.
final class TransferPace: Sendable {
    private let count = Atomic<Int>(0)
    private let seen = Atomic<Int>(0)

    /// Notes bytes.
    func add(_ bytes: Int) { count.add(bytes, ordering: .relaxed) }

    /// Runs `body`, and `onStall` as soon as a window brings less than it must, or the whole takes longer than it may.
    ///
    /// - Parameter limit: the longest that the whole may take; nil for as long as it goes on.
    func watching<Value>(
        _ channel: any Channel, every window: Duration, atLeast minimum: Int, within limit: Duration? = nil,
        onStall: @escaping @Sendable () -> Void, _ body: () async throws -> Value
    ) async throws -> Value {
        let timer = channel.eventLoop.scheduleRepeatedTask(
            initialDelay: TimeAmount(window), delay: TimeAmount(window)
        ) { [self] task in
            let now = count.load(ordering: .relaxed)
            guard now - seen.exchange(now, ordering: .relaxed) < minimum else { return }
            task.cancel()
            onStall()
        }
        let deadline = limit.map { channel.eventLoop.scheduleTask(in: TimeAmount($0), onStall) }
        defer {
            timer.cancel()
            deadline?.cancel()
        }
        return try await body()
    }
}
