import PluginKit
import Tenancy
import TestKit
import Testing

/// What somebody handed out holds no longer than they may hand it out.
@Suite("What is taken back with a person")
struct TakenBackTests {
    /// What an admin handed out, and what was handed out for them.
    private struct HandedOut {
        let admin: String
        let invitation: JSONValue
        let reset: JSONValue
        let ownReset: JSONValue
    }

    private static func handOut(_ site: PeopleSite) async throws -> HandedOut {
        let admin = try await site.add("second", role: "admin")
        let linus = try await site.add("linus", role: "agent")
        let token = try await site.token("second")
        let invited = try await site.send(
            "POST", "/invitations", ["email": "grace@acme.example", "role": "admin"], token: token)
        let reset = try await site.send("POST", "/members/\(linus)/password-reset", token: token)
        let ownReset = try await site.send("POST", "/members/\(admin)/password-reset")
        #expect(invited.status == 201 && reset.status == 200 && ownReset.status == 200, "\(invited.text)")
        return HandedOut(
            admin: admin, invitation: invited.json["token"] ?? .null, reset: reset.json["token"] ?? .null,
            ownReset: ownReset.json["token"] ?? .null)
    }

    private static func accept(_ site: PeopleSite, _ token: JSONValue) async throws -> TestClient.Answer {
        try await site.client.send(
            "POST", "/v1/invitations/accept",
            body: ["token": token, "name": "Grace", "password": .string(PeopleSite.password)])
    }

    private static func confirm(_ site: PeopleSite, _ token: JSONValue) async throws -> TestClient.Answer {
        try await site.client.send(
            "POST", "/v1/auth/password-resets/confirm", body: ["token": token, "password": "quite another one"])
    }

    /// How somebody ceases to be who they were.
    enum End: String, CaseIterable {
        case removed
        case demoted
        case disabled

        fileprivate func send(
            _ site: PeopleSite, _ id: String, token: String? = nil
        ) async throws -> TestClient.Answer {
            switch self {
            case .removed: try await site.send("DELETE", "/members/\(id)", token: token)
            case .demoted: try await site.send("PATCH", "/members/\(id)", ["role": "agent"], token: token)
            case .disabled: try await site.send("PATCH", "/members/\(id)", ["status": "disabled"], token: token)
            }
        }
    }

    @Test("Invitations and resets go with who handed them out, and with who they were for", arguments: End.allCases)
    func takenBack(end: End) async throws {
        try await PeopleSite.with { site in
            let handedOut = try await Self.handOut(site)
            let ended = try await end.send(site, handedOut.admin)
            #expect(ended.status < 300, "\(ended.text)")
            #expect(try await Self.accept(site, handedOut.invitation).code == "invitation_refused")
            for token in [handedOut.reset, handedOut.ownReset] {
                #expect(try await Self.confirm(site, token).code == "reset_refused")
            }
            #expect(try await site.send("GET", "/invitations").json["data"] == [])
            #expect(try await site.login("linus").status == 200)
        }
    }

    @Test(
        "API keys end that may do more than who made them, those made by them too; keys for customers' identities stay",
        arguments: End.allCases)
    func keys(end: End) async throws {
        try await PeopleSite.with { site in
            let admin = try await site.add("second", role: "admin")
            let token = try await site.token("second")
            func make(_ permissions: JSONValue, token: String? = nil) async throws -> String {
                let made = try await site.send(
                    "POST", "/api-keys", ["name": "k", "permissions": permissions], token: token)
                #expect(made.status == 201, "\(made.text)")
                return try #require(made.json["key"]?.string)
            }
            let wide = try await make(["members.read", "members.write", "api_keys.write"], token: token)
            let narrow = try await make(["members.read"], token: token)
            let second = try await make(["members.write"], token: wide)
            let foreign = try await make(["members.write"])
            #expect(try await site.send("POST", "/customer-keys", [:], token: token).status == 201)
            func status(_ key: String) async throws -> Int { try await site.send("GET", "/me", token: key).status }
            for key in [wide, narrow, second, foreign] { #expect(try await status(key) == 200) }
            #expect(try await end.send(site, admin).status < 300)
            for key in [wide, second] { #expect(try await status(key) == 401) }
            // Agents may do what it may.
            #expect(try await status(narrow) == (end == .demoted ? 200 : 401))
            #expect(try await status(foreign) == 200)
            #expect(try await site.send("GET", "/customer-keys").json["data"]?.array?.count == 1)
        }
    }

    @Test("A key may end the person who made it, and ends with them", arguments: [End.removed, .disabled])
    func ownMaker(end: End) async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles",
                ["name": "Lead", "permissions": ["members.write": "all", "api_keys.write": "all"]])
            let lead = try await site.add("lead", role: try #require(role.json["id"]?.string))
            let made = try await site.send(
                "POST", "/api-keys", ["name": "k", "permissions": ["members.write", "api_keys.write"]],
                token: try await site.token("lead"))
            let key = try #require(made.json["key"]?.string, "\(made.text)")
            let ended = try await end.send(site, lead, token: key)
            #expect(ended.status < 300, "\(ended.text)")
            #expect(try await site.send("GET", "/me", token: key).status == 401)
            #expect(try await site.login("lead").status == 401)
        }
    }

    @Test("What the holders of a role handed out ends when the role allows less, and stays when it allows more")
    func narrowedRole() async throws {
        try await PeopleSite.with { site in
            let held: JSONValue = ["members.read": "all", "members.write": "all", "api_keys.write": "all"]
            let role = try await site.send("POST", "/roles", ["name": "Lead", "permissions": held])
            let id = try #require(role.json["id"]?.string)
            try await site.add("lead", role: id)
            let token = try await site.token("lead")
            func key(_ permissions: JSONValue, token: String?) async throws -> String {
                let made = try await site.send(
                    "POST", "/api-keys", ["name": "k", "permissions": permissions], token: token)
                return try #require(made.json["key"]?.string, "\(made.text)")
            }
            let wide = try await key(["members.read", "members.write"], token: token)
            let narrow = try await key(["members.read"], token: token)
            let foreign = try await key(["members.write"], token: nil)
            let wanted: JSONValue = ["email": "grace@acme.example", "role": .string(id)]
            let invitation = try await site.send("POST", "/invitations", wanted, token: token).json["token"] ?? .null
            func change(_ permissions: JSONValue) async throws {
                let changed = try await site.send("PATCH", "/roles/\(id)", ["permissions": permissions])
                #expect(changed.status == 200, "\(changed.text)")
            }
            func status(_ key: String) async throws -> Int { try await site.send("GET", "/me", token: key).status }
            try await change([
                "members.read": "all", "members.write": "all", "api_keys.write": "all", "teams.read": "all",
            ])
            for key in [wide, narrow, foreign] { #expect(try await status(key) == 200) }
            try await change(["members.read": "all", "api_keys.write": "all"])
            #expect(try await status(wide) == 401)
            for key in [narrow, foreign] { #expect(try await status(key) == 200) }
            #expect(try await Self.accept(site, invitation).code == "invitation_refused")
        }
    }

    @Test("They stay with who only gets another name, or is not changed after all")
    func kept() async throws {
        try await PeopleSite.with { site in
            let handedOut = try await Self.handOut(site)
            for change: JSONValue in [["name": "Other"], ["name": "Again", "role": "admin", "status": "active"]] {
                #expect(try await site.send("PATCH", "/members/\(handedOut.admin)", change).status == 200)
            }
            #expect(try await Self.accept(site, handedOut.invitation).status == 201)
            for token in [handedOut.reset, handedOut.ownReset] {
                #expect(try await Self.confirm(site, token).status == 204)
            }
            let owner = site.tenant.session.actor.id.description
            let invited = try await site.send("POST", "/invitations", ["email": "ada@acme.example", "role": "agent"])
            #expect(try await site.send("PATCH", "/members/\(owner)", ["role": "agent"]).code == "last_owner")
            #expect(try await site.send("DELETE", "/members/\(owner)").code == "last_owner")
            #expect(try await Self.accept(site, invited.json["token"] ?? .null).status == 201)
        }
    }

    @Test("A role that does more by now than who invited may hand on is not given")
    func widenedRole() async throws {
        try await PeopleSite.with { site in
            var roles: [String] = []
            for (name, permissions) in [
                ("Lead", ["members.write": "all", "conversations.read": "all"]),
                ("Desk", ["conversations.read": "all"]),
            ] as [(String, JSONValue)] {
                let role = try await site.send(
                    "POST", "/roles", ["name": .string(name), "permissions": permissions])
                roles.append(try #require(role.json["id"]?.string))
            }
            try await site.add("lead", role: roles[0])
            let token = try await site.token("lead")
            func invite() async throws -> JSONValue {
                let invited = try await site.send(
                    "POST", "/invitations", ["email": "grace@acme.example", "role": .string(roles[1])], token: token)
                #expect(invited.status == 201, "\(invited.text)")
                return invited.json["token"] ?? .null
            }
            let invitation = try await invite()
            func widen(_ permissions: JSONValue) async throws {
                let changed = try await site.send("PATCH", "/roles/\(roles[1])", ["permissions": permissions])
                #expect(changed.status == 200, "\(changed.text)")
            }
            try await widen(["conversations.read": "all", "settings.write": "all"])
            #expect(try await Self.accept(site, invitation).code == "invitation_refused")
            try await widen(["conversations.read": "all"])
            #expect(try await Self.accept(site, invitation).status == 201)
        }
    }
}
