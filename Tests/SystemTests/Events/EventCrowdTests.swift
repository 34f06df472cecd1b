import Events
import Foundation
import Platform
@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// Many streams, and clients that do not read.
@Suite("Event stream: crowds")
struct EventCrowdTests {
    @Test("Two hundred streams of a tenant are read for once")
    func oneFeed() async throws {
        try await EventSite.with { site in
            let (streams, events) = (200, 40)
            try await withThrowingTaskGroup(of: [Double].self) { group in
                let (ready, isReady) = AsyncStream<Void>.makeStream()
                for _ in 0..<streams {
                    group.addTask {
                        var listener = try await site.listen()
                        isReady.yield()
                        var latencies: [Double] = []
                        while latencies.count < events, let message = try await listener.nextEvent() {
                            let at = try #require(message.json["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
                            latencies.append(Double(Timestamp.now().microseconds - at.microseconds) / 1000)
                        }
                        return latencies
                    }
                }
                var waiting = ready.makeAsyncIterator()
                for _ in 0..<streams { _ = await waiting.next() }
                let before = try await site.metric("romashka_event_stream_queries_total")
                let start = ContinuousClock.now
                for number in 0..<events { try await site.emit(number...number) }
                var latencies: [Double] = []
                for try await one in group {
                    #expect(one.count == events)
                    latencies += one
                }
                let rounds = Double(start.duration(to: .now) / .milliseconds(50)) + 10
                let after = try await site.metric("romashka_event_stream_queries_total")
                // Heads and whispers in each round, and a page for each event at most.
                #expect(after - before <= rounds * 2 + Double(events))
                latencies.sort()
                let p99 = latencies[latencies.count * 99 / 100]
                print("event latency at \(streams) streams: p50 \(latencies[latencies.count / 2]) ms, p99 \(p99) ms")
                #expect(p99 < 1000)
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
            #expect(
                try await eventually { try await site.metric("romashka_event_streams_dropped_total") == 1 })
            #expect(try await eventually { try await site.metric("romashka_event_streams") == 1 })
            // 60 MB went by.
            #expect(Self.residentBytes - before < 40 << 20)
        }
    }

    private static var residentBytes: Int {
        let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
