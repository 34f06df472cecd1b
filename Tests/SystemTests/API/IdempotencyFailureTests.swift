import Foundation
import NIOHTTP1
import PluginKit
import Postgres
import TestKit
import Testing

/// What becomes of a key when the kernel's own routes fail on our side: whoever repeats the request is served, unless
/// it may have been carried out.
@Suite("Idempotency of failures", .timeLimit(.minutes(15)))
struct IdempotencyFailureTests {
    private static func send(
        _ site: PeopleSite, _ path: String, _ body: JSONValue, key: String, token: String? = nil
    ) async throws -> TestClient.Answer {
        try await site.client.send(
            "POST", "/v1" + path, token: token ?? site.tenant.token, body: body, headers: [("Idempotency-Key", key)])
    }

    /// Runs `body` while every statement that does `event` to rows of a table does `act`, in PL/pgSQL, first.
    private static func whileFailing(
        _ event: String, _ table: String, _ act: String, _ site: PeopleSite, _ body: () async throws -> Void
    ) async throws {
        try await site.test.database.asSuperuser { admin in
            try await admin.script(
                """
                CREATE FUNCTION public.in_the_way() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS $$
                BEGIN
                    \(act);
                    RETURN NEW;
                END
                $$;
                CREATE TRIGGER in_the_way BEFORE \(event) ON \(table)
                FOR EACH ROW EXECUTE FUNCTION public.in_the_way();
                """)
        }
        try await body()
        try await site.test.database.asSuperuser { admin in
            try await admin.script("DROP FUNCTION public.in_the_way() CASCADE")
        }
    }

    private static let conflict = "RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'"

    @Test("What the database rolled back is carried out when it is sent again")
    func rolledBack() async throws {
        try await PeopleSite.with { site in
            let team: JSONValue = ["name": "Support"]
            try await Self.whileFailing("INSERT", "core.teams", Self.conflict, site) {
                for _ in 0..<2 {
                    let refused = try await Self.send(site, "/teams", team, key: "one")
                    #expect(refused.status == 503 && refused.code == "try_again", "\(refused.text)")
                }
            }
            let made = try await Self.send(site, "/teams", team, key: "one")
            #expect(made.status == 201 && made.headers["Idempotency-Replayed"].isEmpty, "\(made.text)")
            #expect(try await Self.send(site, "/teams", team, key: "one").text == made.text)
            #expect(try await site.send("GET", "/teams").json["data"]?.array?.count == 1)
        }
    }

    @Test("That an attempt was counted does not keep the key of a change of password")
    func counted() async throws {
        try await PeopleSite.with { site in
            let change: JSONValue = [
                "current_password": "password-of-acme", "new_password": .string(PeopleSite.password),
            ]
            try await Self.whileFailing("UPDATE", "core.accounts", Self.conflict, site) {
                let refused = try await Self.send(site, "/me/password", change, key: "one")
                #expect(refused.status == 503 && refused.code == "try_again", "\(refused.text)")
            }
            let changed = try await Self.send(site, "/me/password", change, key: "one")
            #expect((200..<300).contains(changed.status), "\(changed.text)")
            #expect(try await site.login("admin").status == 200)
        }
    }

    @Test("An upload whose store failed is carried out when it is sent again under its key")
    func storeFailure() async throws {
        try await FileSite.with { site in
            // Something lies where the tenant's directory is to be.
            let place = "\(TestPlatform.filesDirectory(of: site.test.database))/\(site.tenant.id)"
            #expect(FileManager.default.createFile(atPath: place, contents: nil))
            let key = [("Idempotency-Key", "upload-4")]
            for _ in 0..<2 {
                let failed = try await site.upload([1, 2, 3], headers: key)
                #expect(failed.status == 503 && failed.code == "files_unavailable", "\(failed.text)")
            }
            try FileManager.default.removeItem(atPath: place)
            let stored = try await site.upload([1, 2, 3], headers: key)
            #expect(stored.status == 201 && stored.headers["Idempotency-Replayed"].isEmpty, "\(stored.text)")
            #expect(try await site.upload([1, 2, 3], headers: key).json == stored.json)
            #expect(try await site.send("GET", "").json["data"]?.array?.count == 1)
        }
    }

    @Test("What had written before it failed is not carried out again")
    func written() async throws {
        try await PeopleSite.with { site in
            let (path, token) = ("/operator/tenants/\(site.tenant.id)", site.test.operatorToken)
            let suspended = try await site.client.send("POST", "/v1\(path)/suspend", token: token)
            #expect((200..<300).contains(suspended.status), "\(suspended.text)")
            let confirmation: JSONValue = ["confirm": .string(site.tenant.slug)]
            try await Self.whileFailing("UPDATE", "core.erasures", Self.conflict, site) {
                // The rows are gone, and the proof is not complete.
                let failed = try await Self.send(site, "\(path)/erase", confirmation, key: "one", token: token)
                #expect(failed.status == 503 && failed.code == "try_again", "\(failed.text)")
            }
            let again = try await Self.send(site, "\(path)/erase", confirmation, key: "one", token: token)
            #expect(again.status == 409 && again.code == "idempotency_in_progress", "\(again.text)")
        }
    }

    @Test("What may have been committed when the connection was lost is not carried out again")
    func lost() async throws {
        try await PeopleSite.with { site in
            let team: JSONValue = ["name": "Support"]
            let death = "PERFORM pg_terminate_backend(pg_backend_pid())"
            try await Self.whileFailing("INSERT", "core.teams", death, site) {
                let failed = try await Self.send(site, "/teams", team, key: "one")
                #expect(failed.status == 503 && failed.code == "database_unavailable", "\(failed.text)")
            }
            let again = try await Self.send(site, "/teams", team, key: "one")
            #expect(again.status == 409 && again.code == "idempotency_in_progress", "\(again.text)")
            #expect(try await Self.send(site, "/teams", team, key: "two").status == 201)
        }
    }
}
