internal import Foundation
internal import Synchronization

/// One stream's place among those of its tenant: how it is woken, and what waits for it.
final class StreamSeat: Sendable {
    /// The most of what is not numbered that waits for one stream; older gives way.
    private static let longestQueue = 64

    private struct State {
        var whispers: [StreamedEvent] = []
        var wakeAt: ContinuousClock.Instant?
        var writingSince: ContinuousClock.Instant?
        var isStopping = false
        var cut: (@Sendable () -> Void)?
    }

    let id: UInt64
    /// Whose it is, when it is a customer's.
    let customer: UUID?
    /// Yields when there may be something to do; ends when the client has gone.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init(id: UInt64, customer: UUID? = nil) {
        self.id = id
        self.customer = customer
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There may be something to do.
    func wake() { signal.yield() }

    /// The client has gone.
    func finish() { signal.finish() }

    /// The server stops.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Wakes the stream no later than this.
    func wake(at deadline: ContinuousClock.Instant) { state.withLock { $0.wakeAt = deadline } }

    /// What ends the connection when the client does not take what it is sent.
    func onCut(_ cut: @escaping @Sendable () -> Void) { state.withLock { $0.cut = cut } }

    func beginWriting(at now: ContinuousClock.Instant) { state.withLock { $0.writingSince = now } }
    func endWriting() { state.withLock { $0.writingSince = nil } }

    /// Leaves something that is not numbered.
    func whisper(_ event: StreamedEvent) {
        state.withLock { state in
            if state.whispers.count == StreamSeat.longestQueue { state.whispers.removeFirst() }
            state.whispers.append(event)
        }
        wake()
    }

    func takeWhispers() -> [StreamedEvent] {
        state.withLock { state in
            defer { state.whispers = [] }
            return state.whispers
        }
    }

    /// Looks at the clock: wakes the stream when its time has come, ends the connection of a client that does not read.
    ///
    /// - Returns: whether it was ended.
    func look(at now: ContinuousClock.Instant, longestWrite: Duration) -> Bool {
        let (isDue, cut) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            let isStuck = state.writingSince.map { $0.duration(to: now) > longestWrite } ?? false
            let cut = isStuck ? state.cut : nil
            if isStuck { state.cut = nil }
            let isDue = state.wakeAt.map { $0 <= now } ?? false
            if isDue { state.wakeAt = nil }
            return (isDue, cut)
        }
        if isDue { wake() }
        guard let cut else { return false }
        cut()
        finish()
        return true
    }
}
