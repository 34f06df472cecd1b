import Events
import Foundation
import Platform
@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// Coming back to a stream.
@Suite("Event stream: resuming", .timeLimit(.minutes(15)))
struct EventResumeTests {
    @Test("Nothing is lost and nothing comes twice over 1,000 events while the client comes and goes, at two servers")
    func withoutLoss() async throws {
        try await EventSite.with { site in
            try await site.test.withAnother { second in
                let isKnown = try await eventually {
                    try await TestClient(second.url).send("GET", "/v1/me", token: site.tenant.token).status == 200
                }
                #expect(isKnown)
                let reader = try await site.person("reader", ["conversations.read": "all"])
                var listener = try await site.listen(token: reader.token)
                var seen: [Int] = []
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for batch in 0..<100 {
                            try await site.emit(batch * 10...batch * 10 + 9)
                            // Between these, something that this client may not see.
                            try await site.emit(5000...5004, module: "knowledge")
                        }
                    }
                    var generator = SeededGenerator(seed: 5)
                    while seen.count < 1000 {
                        let wanted = min(Int.random(in: 1...60, using: &generator), 1000 - seen.count)
                        seen += try await listener.numbers(wanted)
                        let url = Bool.random(using: &generator) ? site.test.url : second.url
                        listener = try await site.listen(token: reader.token, after: listener.lastID, at: url)
                        guard listener.status == 200 else { break }
                    }
                    try await group.waitForAll()
                }
                #expect(seen == Array(0..<1000))
            }
        }
    }

    @Test("What happened while nobody listened comes first, read from the database")
    func afterwards() async throws {
        try await EventSite.with { site in
            var listener = try await site.listen()
            try await site.emit(1...1)
            #expect(try await listener.numbers(1) == [1])
            let id = listener.lastID
            listener = try await site.listen()
            for batch in 0..<7 { try await site.emit(2 + batch * 100...101 + batch * 100) }
            #expect(try await listener.numbers(1) == [2])
            var resumed = try await site.listen(after: id)
            #expect(try await resumed.numbers(700) == Array(2...701))
        }
    }

    @Test("Many who come back at once to large events have all of them, each in order")
    func together() async throws {
        try await EventSite.with { site in
            var listener = try await site.listen()
            try await site.emit(1...1)
            #expect(try await listener.numbers(1) == [1])
            let id = listener.lastID
            // More than is kept for streams.
            for batch in 0..<3 { try await site.emit(2 + batch * 10...11 + batch * 10, padding: 60_000) }
            #expect(try await listener.numbers(30) == Array(2...31))
            try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        var resumed = try await site.listen(after: id)
                        return try await resumed.numbers(30)
                    }
                }
                for try await numbers in group { #expect(numbers == Array(2...31)) }
            }
        }
    }

    @Test("A position that is too old, or of events that are gone, asks to read everything again and goes on")
    func unknownPositions() async throws {
        try await EventSite.with(adjust: { $0.streamLimits.retention = .seconds(1) }) { site in
            var listener = try await site.listen()
            let id = listener.lastID
            try await site.emit(1...3)
            #expect(try await listener.numbers(3) == [1, 2, 3])
            // The position's age is part of it.
            var late = try await site.listen(after: id)
            var message = try await late.nextEvent()
            let deadline = ContinuousClock.now + .seconds(20)
            while message?.event != "resync", ContinuousClock.now < deadline {
                late = try await site.listen(after: id)
                message = try await late.nextEvent()
            }
            #expect(message?.event == "resync" && message?.json["reason"] == "unknown" && message?.id != nil)
            try await site.emit(4...4)
            #expect(try await late.numbers(1) == [4])
        }
    }
}
