import Identity
import Mail
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Invitations by mail: how many a tenant may send, and whose go first.
@Suite("Invitations by mail", .timeLimit(.minutes(15)))
struct InvitationMailTests {
    private func with(
        retry: Duration = .seconds(10), _ body: @Sendable (PeopleSite, SMTPServer) async throws -> Void
    ) async throws {
        try await SMTPServer.with { smtp in
            let from = try #require(MailboxAddress(text: "Desk <noreply@desk.example>"))
            let settings = MailSettings(url: smtp.url, from: from, appURL: nil)
            #expect(settings != nil)
            try await TestPlatform.with(adjust: {
                $0.mail = settings
                $0.mailRetry = retry
            }) { test in
                let tenant = try await test.tenant("acme")
                try await body(PeopleSite(test: test, tenant: tenant, client: TestClient(test.url)), smtp)
            }
        }
    }

    @Test("So many mails to one address from a tenant and from all, and no more; a token to hand over is another thing")
    func throttled() async throws {
        try await with { site, _ in
            @Sendable func invite(_ email: String, mail: Bool = true, token: String? = nil) async throws
                -> TestClient.Answer
            {
                try await site.send(
                    "POST", "/invitations", ["email": .string(email), "role": "agent", "mail": .bool(mail)],
                    token: token)
            }
            for _ in 0..<3 { #expect(try await invite("grace@example.com").status == 201) }
            let refused = try await invite("grace@example.com")
            #expect(refused.status == 429 && refused.code == "too_many_attempts", "\(refused.text)")
            #expect(try await invite("grace@example.com", mail: false).status == 201)
            #expect(try await invite("linus@example.com").status == 201)
            // The refused one counts for its tenant alone, so two places are left of the five.
            let other = try await site.test.tenant("other")
            for _ in 0..<2 { #expect(try await invite("grace@example.com", token: other.token).status == 201) }
            #expect(try await invite("grace@example.com", token: other.token).code == "too_many_attempts")
            // A new password of her own is not in the way of that.
            let asked = try await site.client.send(
                "POST", "/v1/auth/password-resets", body: ["email": "grace@example.com"])
            #expect(asked.status == 202)
        }
    }

    @Test("Many invitations of one tenant, or of a suspended one, keep nobody else's waiting")
    func turns() async throws {
        try await with { site, smtp in
            let other = try await site.test.tenant("other")
            let suspended = try await site.test.tenant("suspended")
            _ = try await site.test.platform.identity.tenants.setActive(false, suspended.id)
            func due(_ tenant: TenantID, _ name: String, _ count: Int64, minutes: Int64) -> SQL {
                """
                INSERT INTO core.invitations (tenant_id, id, email, role, hash, expires_at, mail_due_at)
                SELECT \(tenant), gen_random_uuid(), \(name) || n || '@example.com', 'agent',
                       decode(repeat('00', 32), 'hex'), now() + interval '1 day',
                       now() - make_interval(mins => \(minutes)::integer)
                FROM generate_series(1, \(count)) AS n
                """
            }
            try await site.test.database.asSuperuser { admin in
                // At one moment, so that the first look finds all.
                _ = try await admin.run([
                    due(suspended.id, "suspended", 40, minutes: 30), due(site.tenant.id, "many", 40, minutes: 20),
                    due(other.id, "one", 1, minutes: 10),
                ])
            }
            var recipients: [JSONValue] = []
            for _ in 0..<20 { recipients.append(await smtp.next()["recipients"] ?? .null) }
            #expect(recipients.contains(["one1@example.com"]), "\(recipients)")
        }
    }

    @Test("Of two servers each sends what it still has when its turn comes, so that nobody is invited twice")
    func once() async throws {
        try await with(retry: .milliseconds(200)) { site, smtp in
            try await smtp.set(.slowly)
            try await site.test.withAnother { _ in
                // More than are sent before the last of them is due again.
                try await site.test.database.asSuperuser { admin in
                    _ = try await admin.run(
                        """
                        INSERT INTO core.invitations (tenant_id, id, email, role, hash, expires_at, mail_due_at)
                        SELECT \(site.tenant.id), gen_random_uuid(), n || '@example.com', 'agent',
                               sha256(n::text::bytea), now() + interval '1 day', now()
                        FROM generate_series(1, 6) AS n
                        """)
                }
                let isQuiet = try await eventually {
                    try await site.test.database.asSuperuser { admin in
                        try await admin.run("SELECT FROM core.invitations WHERE mail_due_at IS NOT NULL").isEmpty
                    }
                }
                #expect(isQuiet)
                let asked = try await site.client.send(
                    "POST", "/v1/auth/password-resets", body: ["email": "admin@acme.example"])
                #expect(asked.status == 202)
                var recipients: [String] = []
                while recipients.last != "admin@acme.example" {
                    recipients.append(try #require(await smtp.next()["recipients"]?.array?.first?.string))
                }
                #expect(recipients.dropLast().sorted() == (1...6).map { "\($0)@example.com" })
            }
        }
    }
}
