import Events
import Foundation
import Platform
@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// Many streams, and clients that do not read.
@Suite("Event stream: crowds", .timeLimit(.minutes(15)))
struct EventCrowdTests {
    @Test("Two hundred streams of a tenant are read for once")
    func oneFeed() async throws {
        try await EventSite.with { site in
            let (streams, events) = (200, 40)
            let (arrivals, arrival) = AsyncStream<Double?>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<streams {
                    group.addTask {
                        var listener = try await site.listen()
                        arrival.yield(nil)
                        for _ in 0..<events {
                            guard let message = try await listener.nextEvent() else { break }
                            let now = Timestamp.now()
                            let at = try #require(message.json["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
                            arrival.yield(Double(now.microseconds - at.microseconds) / 1000)
                        }
                    }
                }
                var received = arrivals.makeAsyncIterator()
                for _ in 0..<streams { _ = await received.next() }
                let before = try await site.metric("romashka_event_stream_queries_total")
                let start = ContinuousClock.now
                var latencies: [Double] = []
                for number in 0..<events {
                    try await site.emit(number...number)
                    // The next when all have it, so that none waits for another.
                    for _ in 0..<streams {
                        if let latency = await received.next() { latencies.append(latency ?? -1) }
                    }
                }
                let rounds = Double(start.duration(to: .now) / .milliseconds(50)) + 10
                let after = try await site.metric("romashka_event_stream_queries_total")
                // Heads and whispers in each round, and a page for each event.
                #expect(after - before <= rounds * 2 + Double(events))
                #expect(latencies.count == streams * events)
                // A hundred times what it takes on a machine that is not busy.
                #expect(latencies.sorted()[latencies.count * 99 / 100] < 5000)
                try await group.waitForAll()
            }
        }
    }

    @Test("A client that does not read is cut off, and what waits for it stays small")
    func slowReader() async throws {
        try await EventSite.with(adjust: { $0.streamLimits.write = .seconds(1) }) { site in
            let slow = try RawConnection(site.test.url)
            let head = """
                GET /v1/events/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(site.tenant.token)\r\n\r\n
                """
            try await slow.send(Array(head.utf8))
            #expect(try await slow.status() == 200)
            var healthy = try await site.listen()
            let before = Self.residentBytes
            for batch in 0..<60 {
                try await site.emit(batch * 10...batch * 10 + 9, padding: 100_000)
                #expect(try await healthy.numbers(10).count == 10)
            }
            let isDropped = try await eventually { try await site.metric("romashka_event_streams_dropped_total") == 1 }
            #expect(isDropped)
            let holds1 = try await eventually { try await site.metric("romashka_event_streams") == 1 }
            #expect(holds1)
            // 60 MB went by.
            #expect(Self.residentBytes - before < 40 << 20)
        }
    }

    private static var residentBytes: Int {
        let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
