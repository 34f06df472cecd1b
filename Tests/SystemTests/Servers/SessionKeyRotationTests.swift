import Cryptography
import Migrations
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// The key of the database's sessions changes while two servers work.
@Suite("Session key rotation", .timeLimit(.minutes(15)))
struct SessionKeyRotationTests {
    /// Answers that were not what they should be.
    private actor Failures {
        private(set) var answers: [String] = []
        private(set) var count = 0
        private(set) var isOver = false

        func note(_ answer: TestClient.Answer) {
            count += 1
            if answer.status >= 300 { answers.append("\(answer.status) \(answer.text)") }
        }

        func end() { isOver = true }
    }

    private func setup(_ test: TestPlatform) throws -> DatabaseSetup {
        try DatabaseSetup(
            admin: test.database.settings, server: test.database.settings, master: TestPlatform.master,
            installation: try Installation.find(environment: [:]), logger: test.database.server.logger)
    }

    /// Reads and writes through a module until it is over.
    private func work(_ url: String, _ token: String, _ failures: Failures) async throws {
        let client = TestClient(url)
        while await !failures.isOver {
            await failures.note(try await client.send("GET", "/v1/conversations", token: token))
            await failures.note(
                try await client.send("POST", "/v1/customers", token: token, body: ["name": "Noah"]))
        }
    }

    /// Whether a session signed with a key opens on a new connection.
    private func opens(_ key: Int, _ test: TestPlatform, _ tenant: TestTenant) async throws -> Bool {
        let name = try #require(ModuleName("conversations"))
        let settings = test.platform.databases.credentials.leasedSettings(as: name.loginRole)
        let claims = SessionClaims(tenant: tenant.id, actor: tenant.session.actor, mode: .read)
        return try await AdminConnection.use(
            settings, reactor: test.database.server.reactor, logger: test.database.server.logger
        ) { lease in
            do {
                try await lease.run(SessionSigner(master: TestPlatform.master, keyID: key).opening(claims))
                return true
            } catch let error as DatabaseError where error.sqlState == "28000" {
                return false
            }
        }
    }

    @Test(
        "No request fails, every server takes the new key up by itself, and the old one ends",
        arguments: IsolationGround.modes)
    func rotation(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let tenant = try await test.tenant("acme")
            let setup = try setup(test)
            defer { setup.close() }
            try await test.withAnother { second in
                let knows = try await eventually {
                    try await TestClient(second.url).send("GET", "/v1/me", token: tenant.token).status == 200
                }
                #expect(knows)
                let failures = Failures()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for url in [test.url, second.url, test.url, second.url] {
                        group.addTask { try await work(url, tenant.token, failures) }
                    }
                    for expected in [2, 3] {
                        let next = try await setup.rotateSessionKey(delay: .seconds(1), overlap: .seconds(2))
                        #expect(next == expected)
                        let isTakenUp = try await eventually {
                            [test, second].allSatisfy { $0.platform.databases.sessionKeys.currentID == expected }
                        }
                        #expect(isTakenUp)
                        let isOver = try await eventually { try await !opens(expected - 1, test, tenant) }
                        #expect(isOver)
                        #expect(try await opens(expected, test, tenant))
                        let soFar = await failures.count
                        let goesOn = try await eventually { await failures.count > soFar + 20 }
                        #expect(goesOn)
                    }
                    await failures.end()
                    try await group.waitForAll()
                }
                #expect(await failures.answers.isEmpty)
                // A bootstrap after it does not bring the first key back.
                _ = try await setup.bootstrap(mode: mode)
                #expect(try await !opens(1, test, tenant))
            }
        }
    }

    @Test(
        "In an emergency the old key opens nothing at once, not even where a connection remembers it",
        arguments: IsolationGround.modes)
    func emergency(mode: Bootstrap.SessionMode) async throws {
        try await TestPlatform.with(mode: mode) { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            #expect(try await client.send("GET", "/v1/conversations", token: tenant.token).status == 200)
            let setup = try setup(test)
            defer { setup.close() }
            #expect(try await setup.rotateSessionKey(isEmergency: true) == 2)
            #expect(try await !opens(1, test, tenant))
            let works = try await eventually {
                try await client.send("GET", "/v1/conversations", token: tenant.token).status == 200
            }
            #expect(works)
        }
    }
}
