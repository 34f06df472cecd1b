import Events
import HTTP
import NIOHTTP1
import Platform
@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// `GET /v1/events/stream` as its clients see it.
@Suite("Event stream", .timeLimit(.minutes(15)))
struct EventStreamTests {
    @Test("An event reaches who may see it, with its number, and in no other form than it says")
    func delivery() async throws {
        try await EventSite.with { site in
            var listener = try await site.listen()
            #expect(listener.status == 200)
            #expect(listener.headers["Content-Type"] == ["text/event-stream"])
            #expect(listener.headers["Cache-Control"] == ["no-store"])
            #expect(listener.headers["X-Accel-Buffering"] == ["no"])
            try await site.emit(1...1)
            let message = try #require(try await listener.nextEvent())
            #expect(message.event == "conversations.happened" && message.id != nil)
            let names = message.json.members?.map(\.name)
            let expected = [
                "id", "seq", "at", "type", "version", "module", "subject", "conversation_id", "customer_id", "actor",
                "changes", "data",
            ]
            #expect(names == expected)
            #expect((message.json["seq"]?.integer ?? 0) > 0 && message.json["module"] == "conversations")
            #expect(message.json["actor"]?["kind"] == "member" && message.json["conversation_id"] == .null)
            let list = try await site.people.send("GET", "/events")
            let listed = list.json["data"]?.array?.first { $0["id"] == message.json["id"] }
            #expect(listed == message.json, "\(list.text)")
        }
    }

    @Test("Nobody is let in without a token, by another method or with what is not declared")
    func refusals() async throws {
        try await EventSite.with { site in
            let (client, path) = (site.people.client, "/v1/events/stream")
            for token in [nil, "", "garbage", site.test.operatorToken] as [String?] {
                let refused = try await client.send("GET", path, token: token)
                #expect(refused.status == 401)
            }
            for (method, status) in [("POST", 405), ("HEAD", 200)] {
                let answer = try await client.send(method, path, token: site.tenant.token)
                #expect(answer.status == status)
            }
            for query in ["?x=1", "?last_event_id=a&last_event_id=b", "?last_event_id=17"] {
                let refused = try await client.send("GET", path + query, token: site.tenant.token)
                #expect(refused.status == 422, "\(query)")
            }
            let isFree = try await eventually { try await site.metric("romashka_event_streams") == 0 }
            #expect(isFree)
        }
    }

    @Test("A63: Two tenants on two servers never see each other's events, whatever they say of where they stand")
    func tenants() async throws {
        try await EventSite.with { site in
            let globex = try await site.test.tenant("globex")
            try await site.test.withAnother { second in
                let isKnown = try await eventually {
                    try await TestClient(second.url).send("GET", "/v1/me", token: globex.token).status == 200
                }
                #expect(isKnown)
                var ours = try await site.listen(at: second.url)
                var theirs = try await site.listen(token: globex.token)
                for round in 0..<20 {
                    try await site.emit(round * 10...round * 10 + 4)
                    try await site.emit(round * 10 + 1000...round * 10 + 1004, of: globex)
                }
                let expected = (0..<20).flatMap { round in (round * 10...round * 10 + 4) }
                #expect(try await ours.numbers(100) == expected)
                #expect(try await theirs.numbers(100) == expected.map { $0 + 1000 })
                let foreign = try await site.listen(token: globex.token, after: ours.lastID)
                #expect(foreign.status == 422)
            }
        }
    }

    @Test("Whoever may see what is assigned to them or to their team sees nothing else; a change of teams asks again")
    func scopes() async throws {
        try await EventSite.with { site in
            let lone = try await site.person("lone", ["conversations.read": "assigned"])
            let mate = try await site.person("mate", ["conversations.read": "team"])
            let nobody = try await site.person("nobody", ["knowledge.read": "all"])
            let members: JSONValue = .array([.string(lone.id), .string(mate.id)])
            let team = try await site.people.send("POST", "/teams", ["name": "T", "member_ids": members])
            let teamID = try #require(team.json["id"]?.string)
            var alone = try await site.listen(token: lone.token)
            var together = try await site.listen(token: mate.token)
            var outside = try await site.listen(token: nobody.token)
            try await site.emit(1...1)
            try await site.emit(2...2, assignee: lone.id)
            try await site.emit(3...3, assignee: mate.id)
            try await site.emit(4...4, assignee: nobody.id)
            try await site.emit(5...5, assignee: lone.id)
            try await site.emit(6...6, module: "knowledge")
            #expect(try await alone.numbers(2) == [2, 5])
            #expect(try await together.numbers(3) == [2, 3, 5])
            #expect(try await outside.numbers(1) == [6])
            for (token, count) in [(lone.token, 2), (mate.token, 3), (nobody.token, 1), (site.tenant.token, 6)] {
                let list = try await site.people.send("GET", "/events", token: token)
                let seen = list.json["data"]?.array?.filter { $0["module"] != "core" }
                #expect(seen?.count == count, "\(list.text)")
            }
            _ = try await site.people.send("PATCH", "/teams/\(teamID)", ["member_ids": [.string(mate.id)]])
            #expect(try await together.nextEvent()?.event == "reauth")
            #expect(try await together.next() == nil)
        }
    }

    @Test("A module that is switched off sends nothing within a second")
    func moduleOff() async throws {
        try await EventSite.with { site in
            try await site.test.withAnother { second in
                let isKnown = try await eventually {
                    try await TestClient(second.url).send("GET", "/v1/me", token: site.tenant.token).status == 200
                }
                #expect(isKnown)
                var listener = try await site.listen(at: second.url)
                try await site.emit(1...1, module: "knowledge")
                #expect(try await listener.numbers(1) == [1])
                _ = try await site.people.send("PATCH", "/modules/knowledge", ["enabled": false])
                let deadline = ContinuousClock.now + .seconds(1)
                while !isOff(site, second), ContinuousClock.now < deadline { await Task.yield() }
                #expect(isOff(site, second))
                try await site.emit(2...2, module: "knowledge")
                try await site.emit(3...3)
                #expect(try await listener.numbers(1) == [3])
            }
        }
    }

    private func isOff(_ site: EventSite, _ test: TestPlatform) -> Bool {
        test.platform.control.read { $0.isEnabled("knowledge", for: site.tenant.id) == false }
    }

    @Test("A token that is over ends the stream, and asks for another")
    func expiry() async throws {
        try await EventSite.with { site in
            let token = try site.expiringToken(in: 2)
            let opened = ContinuousClock.now
            var listener = try await site.listen(token: token)
            let message = try await listener.nextEvent()
            #expect(message?.event == "reauth" && message?.json["reason"] == "expired")
            #expect(try await listener.next() == nil)
            #expect(opened.duration(to: .now) < .seconds(4))
        }
    }

    @Test("A silent stream has a heartbeat and outlives the limits of idle connections; a stopping server ends it")
    func heartbeat() async throws {
        try await EventSite.with(adjust: {
            $0.streamLimits.heartbeat = .milliseconds(100)
            $0.connectionLimits.idle = .milliseconds(300)
            $0.connectionLimits.header = .milliseconds(300)
        }) { site in
            var listener = try await site.listen()
            var heartbeats = 0
            while heartbeats < 10 {
                let message = try #require(try await listener.next())
                // What was told before it began to listen may come yet on a busy machine, such as its own login.
                if message.event == nil && message.id == nil { heartbeats += 1 }
            }
            let told = ContinuousClock.now
            await site.test.beginShutdown()
            var last: EventListener.Message?
            while let message = try await listener.next() { last = message }
            #expect(last?.retry == "500")
            #expect(told.duration(to: .now) < .seconds(2))
        }
    }

    @Test("There are no more streams than a tenant may have, and who goes makes room")
    func limits() async throws {
        try await EventSite.with(adjust: { $0.streamLimits.perTenant = 2 }) { site in
            try await withOpen(2, site) {
                let third = try await site.people.client.send("GET", "/v1/events/stream", token: site.tenant.token)
                #expect(third.status == 429 && third.code == "too_many_streams")
                #expect(third.headers["Retry-After"].first != nil)
            }
            let freed = ContinuousClock.now
            let holds1 = try await eventually { try await site.metric("romashka_event_streams") == 0 }
            #expect(holds1)
            #expect(freed.duration(to: .now) < .seconds(2))
        }
    }

    private func withOpen(_ count: Int, _ site: EventSite, _ body: () async throws -> Void) async throws {
        var listeners: [EventListener] = []
        for _ in 0..<count { listeners.append(try await site.listen()) }
        try await body()
        #expect(listeners.count == count)
    }

    @Test("Presence and typing reach the streams of the other server, once, and nobody else's")
    func whispers() async throws {
        try await EventSite.with { site in
            let globex = try await site.test.tenant("globex")
            let outside = try await site.person("outside", ["knowledge.read": "all"])
            try await site.test.withAnother { second in
                let isKnown = try await eventually {
                    try await TestClient(second.url).send("GET", "/v1/me", token: globex.token).status == 200
                }
                #expect(isKnown)
                var ours = try await site.listen(at: second.url)
                var theirs = try await site.listen(token: globex.token, at: second.url)
                var without = try await site.listen(token: outside.token, at: second.url)
                let conversation = "0192f0c1-7a00-7000-8000-000000000003"
                let typing: JSONValue = ["conversation_id": .string(conversation)]
                #expect(try await site.people.send("POST", "/typing", typing).status == 204)
                #expect(try await site.people.send("POST", "/typing", typing, token: outside.token).status == 403)
                #expect(try await site.people.send("POST", "/presence", ["state": "away"]).status == 204)
                var kinds: [String] = []
                for _ in 0..<2 {
                    let message = try #require(try await ours.nextEvent())
                    #expect(message.id == nil)
                    #expect(message.json["actor"]?["id"]?.string == site.tenant.session.actor.id.description)
                    kinds.append(message.event ?? "")
                }
                #expect(Set(kinds) == ["presence", "typing"])
                try await site.emit(1...1)
                try await site.emit(2...2, of: globex)
                try await site.emit(3...3, module: "knowledge")
                #expect(try await ours.numbers(1) == [1])
                #expect(try await theirs.numbers(1) == [2])
                #expect(try await without.numbers(1) == [3])
            }
        }
    }
}
