/// What one stream does, decided without a socket, a clock or a database.
///
/// A stream is open until one of the inputs that end it; afterwards nothing does anything.
struct EventStreamMachine: Sendable {
    /// What the shell has to do, in order.
    enum Action: Hashable, Sendable {
        case write([UInt8])
        /// Nothing more is written.
        case end
    }

    /// How many events may pass unseen before the client is told how far it is.
    private static let longestSilence: Int64 = 256
    /// How old a position may become in the client's hands while nothing happens.
    private static let oldestPosition: Duration = .seconds(3600)

    /// Everything up to here was sent, or is not for this client.
    private(set) var position: Int64
    private(set) var isEnded = false
    /// How many events were sent.
    private(set) var sent: UInt64 = 0
    /// The last position the client was given, and when.
    private var announced: (position: Int64, at: ContinuousClock.Instant)
    private var heartbeatDue: ContinuousClock.Instant
    private let expiresAt: ContinuousClock.Instant?
    private let heartbeat: Duration
    private let retry: Int
    private let isForCustomer: Bool
    /// Makes a position's text.
    private let encode: @Sendable (Int64) -> String

    /// - Parameters:
    ///   - expiresAt: when the caller's token is over.
    ///   - isForCustomer: whether it tells what customers may know.
    init(
        at position: Int64, expiresAt: ContinuousClock.Instant?, isForCustomer: Bool = false, limits: StreamLimits,
        now: ContinuousClock.Instant, encode: @escaping @Sendable (Int64) -> String
    ) {
        self.position = position
        self.expiresAt = expiresAt
        self.encode = encode
        self.isForCustomer = isForCustomer
        heartbeat = limits.heartbeat
        retry = limits.retry
        heartbeatDue = now + limits.heartbeat
        announced = (position, now)
    }

    /// When `passed(to:)` has something to do unless something else happens.
    var deadline: ContinuousClock.Instant { expiresAt.map { min($0, heartbeatDue) } ?? heartbeatDue }

    /// The stream begins.
    mutating func opened(now: ContinuousClock.Instant) -> [Action] {
        write(EventMessage.retry(milliseconds: retry) + announcement(now), now)
    }

    /// What the client had is not enough; it goes on from `present`.
    mutating func resynced(at present: Int64, _ reason: ResyncReason, now: ContinuousClock.Instant) -> [Action] {
        position = present
        announced = (present, now)
        return write(EventMessage.resync(reason, id: encode(present)), now)
    }

    /// Events that follow the position, without a gap.
    mutating func received(
        _ events: [StreamedEvent], now: ContinuousClock.Instant, isVisible: (StreamedEvent) -> Bool
    ) -> [Action] {
        guard !isEnded, let last = events.last else { return [] }
        var bytes: [UInt8] = []
        for event in events where event.seq > position && isVisible(event) {
            bytes += isForCustomer ? event.messageForCustomer : event.message
            announced = (event.seq, now)
            sent += 1
        }
        position = max(position, last.seq)
        if position - announced.position >= EventStreamMachine.longestSilence { bytes += announcement(now) }
        return bytes.isEmpty ? [] : write(bytes, now)
    }

    /// What is not numbered, already chosen for this client.
    mutating func heard(_ events: [StreamedEvent], now: ContinuousClock.Instant) -> [Action] {
        let bytes = events.flatMap(\.message)
        return bytes.isEmpty ? [] : write(bytes, now)
    }

    /// Time has passed.
    mutating func passed(to now: ContinuousClock.Instant) -> [Action] {
        if let expiresAt, expiresAt <= now { return revoked(.expired, now: now) }
        guard heartbeatDue <= now else { return [] }
        let isStale = announced.at.duration(to: now) >= EventStreamMachine.oldestPosition
        return write(position > announced.position || isStale ? announcement(now) : EventMessage.heartbeat, now)
    }

    /// The caller no longer stands as they did.
    mutating func revoked(_ reason: ReauthReason, now: ContinuousClock.Instant) -> [Action] {
        ended(with: pending(now) + EventMessage.reauth(reason), now)
    }

    /// The client has not read for so long that what follows its position is gone.
    mutating func overflowed(present: Int64, now: ContinuousClock.Instant) -> [Action] {
        ended(with: EventMessage.resync(.slow, id: encode(present)), now)
    }

    /// The server stops: the client comes back at once, to another one.
    mutating func stopped(now: ContinuousClock.Instant) -> [Action] {
        ended(with: pending(now) + EventMessage.retry(milliseconds: min(retry, 500)), now)
    }

    private mutating func ended(with bytes: [UInt8], _ now: ContinuousClock.Instant) -> [Action] {
        let actions = write(bytes, now)
        guard !isEnded else { return [] }
        isEnded = true
        return actions + [.end]
    }

    private mutating func write(_ bytes: [UInt8], _ now: ContinuousClock.Instant) -> [Action] {
        guard !isEnded else { return [] }
        heartbeatDue = now + heartbeat
        return [.write(bytes)]
    }

    /// The position, when the client does not have it yet.
    private mutating func pending(_ now: ContinuousClock.Instant) -> [UInt8] {
        position > announced.position ? announcement(now) : []
    }

    private mutating func announcement(_ now: ContinuousClock.Instant) -> [UInt8] {
        announced = (position, now)
        return EventMessage.position(encode(position))
    }
}
