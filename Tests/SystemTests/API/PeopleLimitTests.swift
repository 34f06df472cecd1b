import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// How many roles, teams and open invitations a tenant may have.
@Suite("Limits of people")
struct PeopleLimitTests {
    /// What is counted.
    enum Kind: String, CaseIterable {
        case roles
        case teams
        case invitations

        /// Makes all but the last.
        func filling(_ tenant: TenantID) -> SQL {
            switch self {
            case .roles:
                """
                INSERT INTO core.roles (tenant_id, id, name, permissions)
                SELECT \(tenant), gen_random_uuid(), 'role ' || n, '{}'::jsonb
                FROM generate_series(1, 199) AS n
                """
            case .teams:
                """
                INSERT INTO core.teams (tenant_id, id, name)
                SELECT \(tenant), gen_random_uuid(), 'team ' || n
                FROM generate_series(1, 499) AS n
                """
            case .invitations: PeopleLimitTests.invitations(999, of: tenant)
            }
        }

        /// Asks for one more.
        func body(_ number: Int) -> JSONValue {
            switch self {
            case .roles: ["name": .string("r\(number)"), "permissions": ["members.read": "all"]]
            case .teams: ["name": .string("t\(number)")]
            case .invitations: ["email": .string("j\(number)@example.com"), "role": "agent"]
            }
        }
    }

    private static func invitations(_ count: Int64, of tenant: TenantID) -> SQL {
        """
        INSERT INTO core.invitations (tenant_id, id, email, role, hash, expires_at)
        SELECT \(tenant), gen_random_uuid(), 'i' || n || '@example.com', 'agent',
               decode(repeat('00', 32), 'hex'), now() + interval '1 day'
        FROM generate_series(1, \(count)) AS n
        """
    }

    @Test("Of many who ask at once for the last place one gets it", arguments: Kind.allCases)
    func limit(kind: Kind) async throws {
        try await PeopleSite.with { site in
            try await site.test.database.asSuperuser { admin in _ = try await admin.run(kind.filling(site.tenant.id)) }
            let answers = try await withThrowingTaskGroup(of: TestClient.Answer.self) { group in
                for number in 0..<5 {
                    group.addTask { try await site.send("POST", "/\(kind.rawValue)", kind.body(number)) }
                }
                return try await group.reduce(into: [TestClient.Answer]()) { $0.append($1) }
            }
            #expect(answers.map(\.status).sorted() == [201, 409, 409, 409, 409], "\(answers.map(\.text))")
            #expect(answers.filter { $0.code == "limit_reached" }.count == 4)
            let other = try await site.test.tenant("other")
            #expect(try await site.send("POST", "/\(kind.rawValue)", kind.body(0), token: other.token).status == 201)
        }
    }

    @Test("An invitation that replaces another one of the same address needs no place of its own")
    func replaced() async throws {
        try await PeopleSite.with { site in
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run(Self.invitations(1000, of: site.tenant.id))
            }
            func invite(_ email: String) async throws -> TestClient.Answer {
                try await site.send("POST", "/invitations", ["email": .string(email), "role": "agent"])
            }
            #expect(try await invite("i7@example.com").status == 201)
            #expect(try await invite("i1001@example.com").code == "limit_reached")
        }
    }
}
