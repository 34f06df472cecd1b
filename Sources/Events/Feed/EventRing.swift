/// The newest events of a tenant, without a gap, bounded by number and bytes.
struct EventRing: Sendable {
    /// What a stream finds that has seen everything up to a number.
    enum Slice: Sendable {
        /// The events that follow, at least one.
        case events([StreamedEvent])
        /// Nothing new.
        case current
        /// The ring no longer has what follows.
        case behind
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    private var events: [StreamedEvent] = []
    private var bytes = 0
    /// Every event with a greater number, up to `head`, is here.
    private(set) var floor: Int64
    /// The newest number.
    private(set) var head: Int64

    init(head: Int64, maximumCount: Int, maximumBytes: Int) {
        self.head = head
        floor = head
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    /// Takes the events that follow. Where a number is missing the ring begins anew behind the gap.
    mutating func append(_ new: [StreamedEvent]) {
        for event in new where event.seq > head {
            if event.seq != head + 1 {
                events = []
                bytes = 0
                floor = event.seq - 1
            }
            events.append(event)
            bytes += event.message.count
            head = event.seq
        }
        var surplus = 0
        while events.count - surplus > maximumCount || bytes > maximumBytes && events.count - surplus > 1 {
            bytes -= events[surplus].message.count
            floor = events[surplus].seq
            surplus += 1
        }
        events.removeFirst(surplus)
    }

    /// What follows a number, at most so many bytes but at least one event.
    func slice(after seq: Int64, maximumBytes: Int) -> Slice {
        if seq >= head { return .current }
        guard seq >= floor else { return .behind }
        var taken: [StreamedEvent] = []
        var bytes = 0
        for event in events.dropFirst(Int(seq - floor)) {
            bytes += event.message.count
            if bytes > maximumBytes, !taken.isEmpty { break }
            taken.append(event)
        }
        return .events(taken)
    }
}
