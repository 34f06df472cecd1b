import Mail
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import TestKit
import Testing

/// New passwords and invitations by mail, taken by a real server.
@Suite("Mail about accounts", .timeLimit(.minutes(15)))
struct AccountMailTests {
    private struct Site {
        let people: PeopleSite
        let smtp: SMTPServer

        /// Asks for a new password.
        func ask(_ email: String, tenant: String? = nil) async throws -> TestClient.Answer {
            try await people.client.send(
                "POST", "/v1/auth/password-resets",
                body: ["email": .string(email), "tenant": tenant.map { .string($0) } ?? .null])
        }

        /// Chooses a new password.
        func choose(_ token: String, _ password: String) async throws -> TestClient.Answer {
            try await people.client.send(
                "POST", "/v1/auth/password-resets/confirm",
                body: ["token": .string(token), "password": .string(password)])
        }

        /// Waits until nothing is to be sent any more.
        func isQuiet() async throws -> Bool {
            try await eventually {
                try await people.test.database.asSuperuser { admin in
                    try await admin.run("SELECT FROM core.password_reset_requests").isEmpty
                }
            }
        }
    }

    private func with(appURL: String? = nil, _ body: @Sendable (Site) async throws -> Void) async throws {
        try await SMTPServer.with { smtp in
            let from = try #require(MailboxAddress(text: "Desk <noreply@desk.example>"))
            let settings = MailSettings(url: smtp.url, from: from, appURL: appURL)
            #expect(settings != nil)
            try await TestPlatform.with(adjust: {
                $0.mail = settings
                $0.mailRetry = .milliseconds(200)
            }) { test in
                let tenant = try await test.tenant("acme")
                try await body(
                    Site(people: PeopleSite(test: test, tenant: tenant, client: TestClient(test.url)), smtp: smtp))
            }
        }
    }

    /// The token in a mail.
    private func token(_ mail: JSONValue, _ prefix: String) throws -> String {
        let text = try #require(mail["text"]?.string)
        let start = try #require(text.firstRange(of: prefix + "_"))
        return String(text[start.lowerBound...].prefix { !$0.isWhitespace })
    }

    @Test("A token comes by mail, opens the account once, and ends its logins")
    func reset() async throws {
        try await with { site in
            try await site.people.add("grace", role: "agent")
            let before = try await site.people.token("grace")
            let asked = try await site.ask("grace@acme.example")
            #expect(asked.status == 202 && asked.json["accepted"] == true)
            let mail = await site.smtp.next()
            #expect(mail["recipients"] == ["grace@acme.example"] && mail["sender"] == "noreply@desk.example")
            #expect(mail["subject"] == "A new password for acme" && mail["to"] == "grace <grace@acme.example>")
            let token = try token(mail, "rmp")
            #expect(try await site.choose(token, "quite another one").status == 204)
            #expect(try await site.people.send("GET", "/me", token: before).status == 401)
            #expect(try await site.people.login("grace", password: "quite another one").status == 200)
            #expect(try await site.choose(token, "and a third one").code == "reset_refused")
            #expect(try await site.isQuiet())
        }
    }

    @Test("Whoever has no account is answered the same and gets nothing, as do the disabled and other tenants' people")
    func unknown() async throws {
        try await with { site in
            let id = try await site.people.add("linus", role: "agent")
            #expect(try await site.people.send("PATCH", "/members/\(id)", ["status": "disabled"]).status == 200)
            _ = try await site.people.test.tenant("globex")
            let known = try await site.ask("admin@acme.example", tenant: "globex")
            for (email, tenant) in [
                ("nobody@acme.example", nil), ("linus@acme.example", nil), ("admin@acme.example", "nobody"),
            ] as [(String, String?)] {
                let answer = try await site.ask(email, tenant: tenant)
                #expect(answer.status == known.status && answer.text == known.text && answer.status == 202)
            }
            #expect(try await site.isQuiet())
            // The first mail is the one that is asked for last.
            #expect(try await site.ask("admin@globex.example").status == 202)
            let mail = await site.smtp.next()
            #expect(mail["recipients"] == ["admin@globex.example"])
        }
    }

    @Test("Nothing is lost while the server is away or busy; what it never takes is dropped")
    func retries() async throws {
        try await with { site in
            try await site.smtp.set(.stop)
            #expect(try await site.ask("admin@acme.example").status == 202)
            try await site.smtp.set(.later)
            try await site.smtp.set(.start)
            #expect(await site.smtp.next()["refused"]?.string?.contains("admin@acme.example") == true)
            try await site.smtp.set(.accept)
            var mail = await site.smtp.next()
            while mail["refused"] != nil { mail = await site.smtp.next() }
            let token = try token(mail, "rmp")
            #expect(try await site.choose(token, "quite another one").status == 204)
            #expect(try await site.isQuiet())
            try await site.smtp.set(.never)
            #expect(try await site.ask("admin@acme.example").status == 202)
            #expect(await site.smtp.next()["refused"] != nil)
            #expect(try await site.isQuiet())
        }
    }

    @Test("The metrics count what is sent, what is not taken and what waits, by kind and by nothing else")
    func metrics() async throws {
        try await with { site in
            func values() async throws -> [Double?] {
                let scrape = try await Scrape(site.people.client, site.people.test)
                #expect(scrape.malformed == [])
                let lines = scrape.text.split(separator: "\n").filter { $0.contains("_mail_") }
                #expect(lines.allSatisfy { !$0.contains("acme") && !$0.contains("@") })
                return [
                    "sent_total{kind=\"password_reset\"}", "failed_total{kind=\"password_reset\",outcome=\"later\"}",
                    "failed_total{kind=\"password_reset\",outcome=\"never\"}", "sent_total{kind=\"invitation\"}",
                    "waiting{kind=\"password_reset\"}",
                ].map { scrape.value("romashka_mail_\($0)") }
            }
            #expect(try await values() == [0, 0, 0, 0, 0])
            try await site.smtp.set(.never)
            #expect(try await site.ask("admin@acme.example").status == 202)
            let isDropped = try await eventually { try await values()[2] == 1 }
            #expect(isDropped)
            try await site.smtp.set(.accept)
            #expect(try await site.ask("admin@acme.example").status == 202)
            let isSent = try await eventually { try await values()[0] == 1 }
            #expect(isSent)
            // Nobody is behind this one; it is answered all the same, with nothing.
            #expect(try await site.ask("nobody@acme.example").status == 202)
            #expect(try await site.isQuiet())
            try await site.smtp.set(.later)
            #expect(try await site.ask("admin@acme.example").status == 202)
            let waits = try await eventually {
                let now = try await values()
                return (now[1] ?? 0) >= 1 && now[4] == 1
            }
            #expect(waits)
            let last = try await values()
            #expect(last[0] == 1 && last[2] == 1 && last[3] == 0)
        }
    }

    @Test("So many mails to one address, known or not, and no more")
    func throttled() async throws {
        try await with { site in
            for email in ["admin@acme.example", "nobody@acme.example"] {
                for _ in 0..<3 { #expect(try await site.ask(email).status == 202) }
                let refused = try await site.ask(email)
                #expect(refused.status == 429 && refused.code == "too_many_attempts")
            }
            #expect(try await site.people.login("admin", password: "password-of-acme").status == 200)
        }
    }

    @Test("An invitation goes by mail, with a token that nobody else has seen; what people typed stays a text")
    func invitation() async throws {
        try await with(appURL: "https://desk.example") { site in
            let hostile = "Acme\r\nBcc: eve@example.com\r\n\r\nhttps://evil.example"
            #expect(try await site.people.send("PATCH", "/tenant", ["name": .string(hostile)]).status == 200)
            let invited = try await site.people.send(
                "POST", "/invitations", ["email": "grace@example.com", "role": "agent", "mail": true])
            #expect(invited.status == 201 && invited.json["token"] == .null, "\(invited.text)")
            #expect(invited.json["mail"] == "waiting")
            let mail = await site.smtp.next()
            #expect(mail["recipients"] == ["grace@example.com"])
            #expect(mail["headers"]?.array?.contains("Bcc") == false)
            #expect(mail["subject"] == "Join Acme Bcc: eve@example.com https://evil.example")
            #expect(mail["text"]?.string?.contains("https://desk.example/invitation#token=rmi_") == true)
            #expect((mail["longest"]?.integer ?? 1000) < 100)
            let list = try await eventually {
                try await site.people.send("GET", "/invitations").json["data"]?.array?.first?["mail"] == "sent"
            }
            #expect(list)
            let accepted = try await site.people.client.send(
                "POST", "/v1/invitations/accept",
                body: [
                    "token": .string(try token(mail, "rmi")), "name": "Grace", "password": .string(PeopleSite.password),
                ])
            #expect(accepted.status == 201, "\(accepted.text)")
            // Only she has seen the token, so the account is hers.
            let id = accepted.json["profile"]?["id"]?.string ?? ""
            let reset = try await site.people.send("POST", "/members/\(id)/password-reset")
            #expect(reset.code == "account_not_managed", "\(reset.text)")
        }
    }

    @Test("Headers are nobody's to write: not by an address, not by a name")
    func addresses() async throws {
        try await with { site in
            for email in [
                "grace@example.com\r\nRCPT TO:<eve@example.com>", "grace@example.com>,<eve@example.com",
                "grace@example.com\nBcc: eve@example.com", "\"x\r\n\"@example.com",
            ] {
                #expect(try await site.ask(email).status == 422)
                let invited = try await site.people.send(
                    "POST", "/invitations", ["email": .string(email), "role": "agent", "mail": true])
                #expect(invited.status == 422)
            }
        }
    }

    @Test("An installation that sends no mail says so, to everybody alike")
    func notConfigured() async throws {
        try await PeopleSite.with { site in
            for email in ["admin@acme.example", "nobody@acme.example"] {
                let answer = try await site.client.send(
                    "POST", "/v1/auth/password-resets", body: ["email": .string(email)])
                #expect(answer.status == 409 && answer.code == "mail_not_configured")
            }
            let invited = try await site.send(
                "POST", "/invitations", ["email": "grace@example.com", "role": "agent", "mail": true])
            #expect(invited.code == "mail_not_configured")
        }
    }
}
